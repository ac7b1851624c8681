#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# xieka-card.sh XIEKA_CARD: the card as a program: made, kept in its file, refused when something is wrong.
set -u

card=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0
failed=0

# check NAME WANT GOT: GOT holds WANT
check() {
    n=$((n + 1))
    case $3 in
    *"$2"*)
        echo "ok $n - $1"
        ;;
    *)
        echo "not ok $n - $1"
        printf '# want: %s\n# got: %s\n' "$2" "$3"
        failed=1
        ;;
    esac
}

export XIEKA_K=465b5ce8b199b49faa5f0a2ee238a6bc XIEKA_OPC=cd63cb71954a9f4e48a5994e37a02baf
nvm=$dir/card.nvm

echo 1..15
check "made" "imsi: 460081234567890" \
    "$("$card" --new --nvm "$nvm" --imsi 460081234567890 --state 2>&1)"
check "only the owner may read the file" 600 "$(stat -c %a "$nvm")"
check "not made twice" "exists already" "$("$card" --new --nvm "$nvm" --state 2>&1)"
check "opens" "bank: seed" "$("$card" --nvm "$nvm" --state 2>&1)"
check "authenticates" 0446F8416A08EAE4BE823AF9A08B9000 "$(printf '%s\n' 00A4040C07A0000000871002 \
    "0088008011 10 23553cbe9637a89d218ae64dae47bf35" 00C000000E |
    "$card" --nvm "$nvm" --script 2>&1 | sed -n 3p)"
printf '00A4040C07A0000000871002\n00D68B000B 1122334464F0000001FF01\n' |
    "$card" --nvm "$nvm" --script >/dev/null
check "keeps what was written" 1122334464F0000001FF019000 \
    "$(printf '00A4040C07A0000000871002\n00B08B000B\n' | "$card" --nvm "$nvm" --script)"
check "comments and resets" 3B9F96801F "$(printf '# nothing\n\nreset\n' |
    "$card" --nvm "$nvm" --script)"
check "a line that is no command" "not a command" "$(echo xyz | "$card" --nvm "$nvm" --script 2>&1)"
trace=$(printf '00A4040C07A0000000871002\n0020000108 31323334FFFFFFFF\n' |
    "$card" --nvm "$nvm" --script --trace 2>&1 >/dev/null)
check "the trace names commands" "VERIFY PIN" "$trace"
check "and shows no PIN" absent "$(echo "$trace" | grep -q 31323334 || echo absent)"
chmod 644 "$nvm"
check "a file that others may read" "not permitted" "$("$card" --nvm "$nvm" --state 2>&1)"
chmod 600 "$nvm"
head -c 4096 /dev/urandom >"$dir/noise"
chmod 600 "$dir/noise"
cp "$dir/noise" "$dir/noise.was"
check "a file that is no card" "no card in this file" "$("$card" --nvm "$dir/noise" --state 2>&1)"
check "is not touched" same "$(cmp -s "$dir/noise" "$dir/noise.was" && echo same)"
echo 'k = "12"' >"$dir/bad.conf"
check "a key that cannot be" "k: " "$(XIEKA_K='' "$card" --new --nvm "$dir/x" --imsi 460081234567890 \
    --personalisation "$dir/bad.conf" --state 2>&1)"
check "leaves no file behind" absent "$([ -e "$dir/x" ] || echo absent)"
exit "$failed"
