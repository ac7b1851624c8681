/* SPDX-License-Identifier: Apache-2.0 */
/* The forms of identifiers, as text. MSISDNs do not tell the carrier (number portability), ICCIDs
 * of one carrier hold letters: so nothing is read out of them, only their form is checked. */
#ifndef MODEL_IDENT_H
#define MODEL_IDENT_H

#include "model/import.h"

#define IDENT_CID_LEN 20
#define IDENT_EID_LEN 32
#define IDENT_ICCID_LEN 20 /* with the Luhn digit; 19 in places abroad */

/* True when the text has the form; else *why says what is wrong with it. */
bool ident_is_imsi(struct bytes text, enum import_reason *why);   /* 14 or 15 digits (E.212) */
bool ident_is_msisdn(struct bytes text, enum import_reason *why); /* 5 to 15 digits (E.164) */
/* 19 or 20 digits or letters A-F; Luhn is checked when all are digits (ITU-T E.118). */
bool ident_is_iccid(struct bytes text, enum import_reason *why);
bool ident_is_smsc(struct bytes text,
                   enum import_reason *why); /* + and 3 to 20 digits; + optional */
bool ident_is_cid(struct bytes text, enum import_reason *why);              /* 20 digits */
bool ident_is_eid(struct bytes text, enum import_reason *why);              /* 32 digits */
bool ident_is_name(struct bytes text, size_t max, enum import_reason *why); /* A-Z a-z 0-9 . _ - */
/* The digit that makes digits and it pass Luhn's check. */
char ident_luhn_digit(struct bytes digits);
/* Counts a text of digits up by n in place. XK_E_VALUE: it would need more digits. */
enum xk_err ident_add(char *digits, uint64_t n) XK_MUST_CHECK;

#endif
