/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the room: one modem's state and what its files call of each other. Everything starts from
 * modem_input and ends when the card has a command outstanding or nothing is left to do. */
#ifndef TERMINAL_MODEM_CORE_H
#define TERMINAL_MODEM_CORE_H

#include "base/tlv.h"
#include "codec/apdu/apdu.h"
#include "codec/cat/cat.h"
#include "codec/ef/ef.h"
#include "codec/sms/sms.h"
#include "terminal/modem/modem.h"

#define MODEM_OUT_MAX 65536  /* waiting actions; the driver takes them after each input */
#define MODEM_AIR_ROOM 32768 /* above this an air message is lost, so that an APDU never is */
#define MODEM_CHAIN_MAX 1024 /* response data gathered by GET RESPONSE */
#define MODEM_CHAIN_STEPS 8
#define MODEM_CARD_RESTARTS 3
#define MODEM_CARD_RETRY_MS 30000
#define MODEM_FPLMN_MAX 16
#define MODEM_AID_MAX 16
#define MODEM_UST_MAX 17
#define MODEM_MT_MAX 4 /* short messages waiting for the card */
#define MODEM_CAT_TIMERS 8
#define MODEM_KEYS_LEN 33 /* KSI, CK, IK */
#define MODEM_KC_LEN 9
#define MODEM_POLL_DEFAULT_S 30
#define MODEM_FETCH_BURST 100 /* proactive commands at one moment; then a second of rest */
#define MODEM_PLACE_MAX 9
#define MODEM_UPDATED 0x00 /* TS 31.102 4.2.17: status of LOCI */
#define MODEM_NOT_UPDATED 0x01
#define MODEM_PLMN_NOT_ALLOWED 0x02
#define MODEM_AREA_NOT_ALLOWED 0x03

struct modem_at;

enum modem_timer {
#define MODEM_TIMER(name, handler) TIMER_##name,
#include "terminal/modem/timers.def"
#undef MODEM_TIMER
    TIMER_COUNT
};

enum modem_job {
    JOB_NONE,
#define MODEM_JOB(name, start, response, lost) JOB_##name,
#include "terminal/modem/jobs.def"
#undef MODEM_JOB
    JOB_COUNT
};

enum modem_dir { DIR_NONE, DIR_MF, DIR_APP, DIR_TELECOM };

/* LOOK only selects. */
enum modem_file_action { FILE_LOOK, FILE_READ, FILE_READ_RECORD, FILE_UPDATE, FILE_UPDATE_RECORD };

/* One file from SELECT to its end; then the job's response function hears of it. */
struct modem_file {
    bool active;
    bool chosen; /* selected; the answer to come is of READ or UPDATE */
    enum modem_file_action action;
    enum modem_dir dir;
    uint16_t fid;
    uint8_t record;
    uint8_t step; /* 2G: elements of the path selected so far */
    uint16_t size;
    uint8_t record_len, records;
    struct buf data; /* to be written */
};

enum modem_card_state { CARD_OFF, CARD_AWAIT_ATR, CARD_STARTING, CARD_PIN, CARD_READY, CARD_LOST };
enum modem_pin_state { PIN_READY, PIN_WANTED, PUK_WANTED };

struct modem_card {
    enum modem_card_state state;
    bool gsm;      /* no USIM: class A0 (TS 51.011) */
    bool awaiting; /* a command is out */
    bool raw;      /* its answer goes up as it is */
    bool refused;  /* 9Exx: what GET RESPONSE brings goes with an error (TS 51.011 9.4.2) */
    uint8_t cla, ins, p1, p2;
    uint8_t chained;
    uint8_t restarts;
    uint8_t fetches; /* at the moment fetched_at */
    int64_t fetched_at;
    struct buf chain;
    enum modem_job job;
    uint32_t wanted; /* bit per job */
    uint8_t step;
    uint64_t rows; /* of boot.def to run */
    struct modem_file file;

    /* what was read */
    uint8_t aid[MODEM_AID_MAX], aid_n;
    enum modem_pin_state pin;
    uint8_t pin_tries;
    bool pin_enabled;
    char iccid[EF_ICCID_TEXT], imsi[EF_IMSI_TEXT], smsc[EF_MSISDN_TEXT];
    uint8_t mnc_len;
    uint8_t ust[MODEM_UST_MAX], ust_n;
    uint8_t fplmn[MODEM_FPLMN_MAX][EF_PLMN_LEN], fplmns;
    uint16_t access_classes;
    char language[3];
    uint8_t sms_records;
};

struct modem_toolkit {
    uint16_t fetch; /* length of a waiting proactive command, 0: none */
    bool busy;      /* one is being performed: its TERMINAL RESPONSE is not yet given */
    uint8_t number, type, qualifier;
    struct buf reply;
    uint32_t events; /* bit per enum cat_event */
    struct {
        int64_t due; /* INT64_MAX: not running */
        uint32_t seconds;
    } timer[MODEM_CAT_TIMERS];
    uint8_t expired;    /* bit per timer whose envelope is due */
    uint32_t postponed; /* jobs the card was too busy for (9300); again behind this command */
    uint32_t poll_s;    /* 0: POLLING OFF */
    bool refresh_waiting;
    uint64_t refresh_rows;
};

enum modem_emm_state { EMM_DEREGISTERED, EMM_ATTACHING, EMM_REGISTERED, EMM_WAITING, EMM_DENIED };

struct modem_cell {
    bool known;
    enum air_rat rat;
    char plmn[8];
    uint16_t lac;
    uint32_t cell;
};

struct modem_emm {
    enum modem_emm_state state;
    bool radio_on;            /* +CFUN */
    char imsi[EF_IMSI_TEXT];  /* of the card as it was read last */
    struct modem_cell cell;   /* the world outside: stays over power off */
    struct modem_cell camped; /* where it registered */
    uint8_t attempts, cause;
    struct modem_cell forbidden; /* area not before power off */
    uint8_t rand[16], autn[16];
    bool has_autn;
    uint32_t sync;
    uint8_t keys[MODEM_KEYS_LEN], kc[MODEM_KC_LEN];
    bool keys_new, kc_new;
    uint8_t guti[12];
    uint8_t location_status;
    uint32_t t3412_s, t3324_s, edrx_s;
    bool asleep;
};

struct modem_mt { /* an RP-DATA from the network */
    uint16_t n;
    uint8_t rp[];
};

enum modem_mo_source { MO_TOOLKIT, MO_AT, MO_SOURCES };

struct modem_sms {
    struct modem_mt *mt[MODEM_MT_MAX];
    uint8_t mts;
    uint8_t store_record;
    uint8_t next_ref;
    struct {
        bool active;
        uint8_t ref;
    } mo[MO_SOURCES];
};

struct modem {
    struct modem_config config;
    int64_t now;
    bool powered;
    int64_t due[TIMER_COUNT]; /* INT64_MAX: not running */
    struct buf out;
    size_t out_at;
    struct modem_card card;
    struct modem_toolkit toolkit;
    struct modem_emm emm;
    struct modem_sms sms;
    struct modem_at *at; /* NULL without at_port */
    uint32_t attaches, aka_resyncs, sms_mt, sms_mo, refreshes;
};

/* modem.c: actions and timers */
void modem_put(struct modem *m, enum modem_action_type type, struct bytes data);
void modem_restart(struct modem *m); /* +CFUN=1,1 */
void modem_timer_start(struct modem *m, enum modem_timer timer, int64_t after_ms);
void modem_timer_stop(struct modem *m, enum modem_timer timer);

/* card.c: one command at a time; 61xx, 6Cxx, 9Fxx and 91xx are dealt with here */
void modem_card_start(struct modem *m);
void modem_card_off(struct modem *m);
void modem_card_forget(struct modem *m);
void modem_card_retry(struct modem *m);
void modem_card_atr(struct modem *m, struct bytes atr);
void modem_card_response(struct modem *m, struct bytes wire);
void modem_card_send(struct modem *m, const struct apdu_command *command);
void modem_card_send_raw(struct modem *m, struct bytes command);
bool modem_sw_ok(uint16_t sw);
/* 00 or 80 of the UICC; A0 of a SIM */
uint8_t modem_cla(const struct modem *m, uint8_t cla);
void modem_want(struct modem *m, enum modem_job job);
void modem_job_done(struct modem *m);
void modem_run(struct modem *m); /* starts what is wanted when the card is free */

/* file.c */
void modem_file_look(struct modem *m, enum modem_dir dir, uint16_t fid);
void modem_file_read(struct modem *m, enum modem_dir dir, uint16_t fid);
void modem_file_read_record(struct modem *m, enum modem_dir dir, uint16_t fid, uint8_t record);
void modem_file_update(struct modem *m, enum modem_dir dir, uint16_t fid, struct bytes data);
void modem_file_update_record(struct modem *m, enum modem_dir dir, uint16_t fid, uint8_t record,
                              struct bytes data);
/* Takes an answer to the file's command. True when the file is done: then r is for the job. */
bool modem_file_step(struct modem *m, const struct apdu_response *r);
/* What was read; empty when the file is empty, or not there. */
struct bytes modem_file_data(const struct modem *m, const struct apdu_response *r);
void modem_file_forget(struct modem *m);

/* boot.c */
void modem_boot_all(struct modem *m);
void modem_boot_after_pin(struct modem *m);
void modem_select_application(struct modem *m);
uint64_t modem_boot_rows_init(void);               /* application initialisation */
uint64_t modem_boot_rows_files(struct bytes list); /* FILE LIST of REFRESH */
/* Where EF_SMS and EF_SMSP are: in the application, of a SIM under telecom. */
enum modem_dir modem_sms_dir(const struct modem *m);
bool modem_has_service(const struct modem *m, unsigned n);

/* toolkit.c */
void modem_toolkit_reset(struct modem *m);
/* TERMINAL RESPONSE to the command being performed */
void modem_reply(struct modem *m, uint8_t result, struct bytes additional, struct bytes objects);
void modem_reply_cause(struct modem *m, uint8_t result, uint8_t cause);
void modem_poll_restart(struct modem *m);
size_t modem_profile(const struct modem *m, uint8_t *out, size_t cap);
void modem_event(struct modem *m, enum cat_event event);
void modem_send_envelope(struct modem *m, struct bytes envelope);
int64_t modem_toolkit_deadline(const struct modem *m);
void modem_toolkit_time(struct modem *m);

/* local.c: PROVIDE LOCAL INFORMATION, TIMER MANAGEMENT */
void modem_local_information(struct modem *m, const struct cat_proactive *p);
void modem_timer_management(struct modem *m, const struct cat_proactive *p);
/* TS 102 223 8.19; 0 without a cell. access: 8.62 */
size_t modem_location_value(const struct modem *m, uint8_t out[MODEM_PLACE_MAX]);
uint8_t modem_access_technology(const struct modem *m);

/* refresh.c */
void modem_refresh(struct modem *m, const struct cat_proactive *p);
void modem_refresh_act(struct modem *m);

/* attach.c, location.c, sleep.c */
void modem_emm_reset(struct modem *m);
void modem_emm_try(struct modem *m); /* attaches when it can and should */
void modem_emm_detach(struct modem *m);
void modem_emm_radio(struct modem *m, bool on);
/* started: from its beginning or by REFRESH; otherwise some files were read again */
void modem_emm_card_ready(struct modem *m, bool started);
void modem_emm_card_gone(struct modem *m);
void modem_air(struct modem *m, struct bytes wire);
void modem_air_send(struct modem *m, const struct air_message *msg);
enum modem_registration modem_registration(const struct modem *m);
/* What LOCI and its like say now; status: TS 31.102 4.2.17 */
void modem_location_save(struct modem *m, uint8_t status);
void modem_forbid(struct modem *m, const char *plmn);
bool modem_forbidden(const struct modem *m, const char *plmn);
void modem_sleep_restart(struct modem *m);
void modem_sleep_stop(struct modem *m);
void modem_wake(struct modem *m);

/* sms.c, download.c */
void modem_sms_forget(struct modem *m);
void modem_mt_forget(struct modem *m); /* unanswered: the network tries again */
void modem_rp(struct modem *m, struct bytes wire);
/* False when it cannot be sent now; otherwise the source hears how it ended. */
bool modem_mo_send(struct modem *m, enum modem_mo_source source, const char *smsc,
                   struct bytes tpdu);
void modem_rp_ack(struct modem *m, uint8_t ref, struct bytes report);
void modem_rp_error(struct modem *m, uint8_t ref, uint8_t cause, struct bytes report);
void modem_mt_done(struct modem *m);
void modem_mt_next(struct modem *m);

/* at.c: called also without an AT port, and then do nothing */
enum xk_err modem_at_new(struct modem *m) XK_MUST_CHECK;
void modem_at_free(struct modem *m);
void modem_at_input(struct modem *m, struct bytes data);
void modem_at_run(struct modem *m); /* goes on with what was typed meanwhile */
bool modem_at_next(struct modem *m, struct modem_action *out);
void modem_at_power(struct modem *m);
void modem_at_drop(struct modem *m); /* what has not gone out yet */
void modem_at_registration(struct modem *m);
void modem_at_card_state(struct modem *m);
void modem_at_display(struct modem *m, struct bytes text_string);
void modem_at_mo_ended(struct modem *m, const struct rp_message *answer); /* NULL: none came */
void modem_at_stored(struct modem *m, uint8_t record);                    /* in EF_SMS */
/* Keeps it in the memory of the ME; false when there is no room. */
bool modem_at_keep(struct modem *m, const char *smsc, struct bytes tpdu);

/* handlers of the tables */
#define MODEM_TIMER(name, handler) void handler(struct modem *m);
#include "terminal/modem/timers.def"
#undef MODEM_TIMER
#define MODEM_JOB(name, start, response, lost)                                                     \
    void start(struct modem *m);                                                                   \
    void response(struct modem *m, const struct apdu_response *r);
#include "terminal/modem/jobs.def"
#undef MODEM_JOB
void modem_download_lost(struct modem *m);
void modem_at_card_lost(struct modem *m);

#endif
