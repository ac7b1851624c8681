/* SPDX-License-Identifier: Apache-2.0 */
#include "card/uicc/inside.h"

struct word_row {
    uint16_t mask, ours, theirs;
};

/* TS 51.011 9.4. A PIN refused with tries left is 9804, with none left 9840. */
static const struct word_row words[] = {
    {0xFFFF, SW_NO_EF_SELECTED, 0x9400},
    {0xFFFF, SW_RECORD_NOT_FOUND, 0x9402},
    {0xFFFF, SW_FILE_NOT_FOUND, 0x9404},
    {0xFFFF, SW_COMMAND_INCOMPATIBLE, 0x9408},
    {0xFFFF, SW_SECURITY_NOT_SATISFIED, 0x9804},
    {0xFFFF, SW_REF_DATA_INVALIDATED, 0x9808},
    {0xFFFF, SW_CONDITIONS_NOT_SATISFIED, 0x9808},
    {0xFFFF, SW_PIN_BLOCKED, 0x9840},
    {0xFFFF, SW_REF_DATA_NOT_FOUND, 0x6B00},
    {0xFFFF, SW_WRONG_P1P2, 0x6B00},
    {0xFFFF, SW_WRONG_DATA, 0x9804},
    {0xFFFF, SW_MEMORY_PROBLEM, 0x9240},
    {0xFFFF, 0x63C0, 0x9840},
    {0xFFF0, 0x63C0, 0x9804},
};

uint16_t gsm_status_word(uint16_t sw)
{
    if ((sw & 0xFF00) == 0x6100)
        return (uint16_t)(0x9F00 | (sw & 0xFF));
    if ((sw & 0xFF00) == 0x6C00) /* wrong P3, the right one is told */
        return (uint16_t)(0x6700 | (sw & 0xFF));
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if ((sw & words[i].mask) == words[i].ours)
            return words[i].theirs;
    return sw;
}
