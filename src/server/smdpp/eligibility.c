/* SPDX-License-Identifier: Apache-2.0 */
#include "server/smdpp/eligibility.h"

#include <assert.h>

static const char *const release_names[] = {
    [RSP_RELEASE_GSM] = "GSM",
    [RSP_RELEASE_UTRAN] = "UTRAN",
    [RSP_RELEASE_CDMA2000_1X] = "CDMA2000 1X",
    [RSP_RELEASE_CDMA2000_HRPD] = "CDMA2000 HRPD",
    [RSP_RELEASE_CDMA2000_EHRPD] = "CDMA2000 eHRPD",
    [RSP_RELEASE_EUTRAN_EPC] = "E-UTRAN (EPC)",
    [RSP_RELEASE_CONTACTLESS] = "contactless",
    [RSP_RELEASE_RSP_CRL] = "CRLs",
    [RSP_RELEASE_NR_EPC] = "NR (EPC)",
    [RSP_RELEASE_NR_5GC] = "NR (5GC)",
    [RSP_RELEASE_EUTRAN_5GC] = "E-UTRAN (5GC)",
    [RSP_RELEASE_LPA_SVN] = "an LPA that tells its version",
};
static_assert(ARRAY_LEN(release_names) == RSP_RELEASE_COUNT, "a name a member");

/* Forbidden on this card for now: PPR1 while another operational profile is installed. */
static bool ppr_fits(const struct download *profile, const struct rsp_euicc_info2 *info,
                     char text[ELIGIBILITY_TEXT_MAX])
{
    static const uint64_t known = RSP_BIT(RSP_PPR_1) | RSP_BIT(RSP_PPR_2);
    uint64_t clash = profile->ppr & known & (info->has_forbidden_ppr ? info->forbidden_ppr : 0);

    if (clash == 0)
        return true;
    snprintf(text, ELIGIBILITY_TEXT_MAX, "the eUICC forbids profile policy rule %s",
             clash & RSP_BIT(RSP_PPR_1) ? "PPR1 (may not be disabled)"
                                        : "PPR2 (may not be deleted)");
    return false;
}

/* An eUICC without deviceInfoExtensibilitySupport passes on the members of its day only: what is
 * behind them is not known to be missing. */
static bool device_fits(const struct download *profile, const struct rsp_euicc_signed1 *euicc,
                        char text[ELIGIBILITY_TEXT_MAX])
{
    const struct rsp_device_info *device = &euicc->ctx_params1.device_info;
    uint64_t extensible = RSP_BIT(RSP_CAP_DEVICE_INFO_EXTENSIBILITY);
    size_t n = RSP_RELEASE_COUNT;

    if (device->releases == 0)
        return true; /* an empty DeviceCapabilities, which many LPAs send, says nothing */
    if (!(euicc->euicc_info2.rsp_capability & extensible))
        n = RSP_RELEASE_NR_EPC;
    for (size_t i = 0; i < n; i++) {
        uint32_t bit = (uint32_t)1 << i;

        if ((profile->needs.device_releases & bit) && !(device->releases & bit)) {
            snprintf(text, ELIGIBILITY_TEXT_MAX, "the device does not support %s",
                     release_names[i]);
            return false;
        }
    }
    return true;
}

/* The newest edition of the profile package that the eUICC takes: v3 may name more than one. */
static uint32_t newest_package_version(const struct rsp_euicc_info2 *info)
{
    struct der d = der_of(info->additional_profile_versions);
    uint32_t newest = info->profile_version;

    while (DER_PRESENT(info->additional_profile_versions) && der_more(&d)) {
        uint32_t version = rsp_get_version(&d, DER_OCTET_STRING);

        if (version > newest)
            newest = version;
    }
    return newest;
}

static bool version_fits(const struct download *profile, const struct rsp_euicc_info2 *info,
                         char text[ELIGIBILITY_TEXT_MAX])
{
    char need[RSP_VERSION_TEXT_MAX], has[RSP_VERSION_TEXT_MAX];
    uint32_t newest = newest_package_version(info);

    if (profile->needs.profile_version <= newest)
        return true;
    snprintf(text, ELIGIBILITY_TEXT_MAX,
             "the profile package is of edition %s, the eUICC takes up to %s",
             rsp_version_text(profile->needs.profile_version, need), rsp_version_text(newest, has));
    return false;
}

static bool capabilities_fit(const struct download *profile, const struct rsp_euicc_info2 *info,
                             char text[ELIGIBILITY_TEXT_MAX])
{
    uint64_t missing = profile->needs.uicc_capability & ~info->uicc_capability;
    size_t n = 0;

    if (missing == 0)
        return true;
    n += (size_t)snprintf(text, ELIGIBILITY_TEXT_MAX, "the eUICC lacks");
    for (unsigned i = 0; i < 64 && n < ELIGIBILITY_TEXT_MAX; i++) {
        if (missing >> i & 1)
            n += (size_t)snprintf(text + n, ELIGIBILITY_TEXT_MAX - n, " %s",
                                  uicc_capability_name((enum uicc_capability)i));
    }
    return false;
}

/* An eUICC that does not tell its memory is given the benefit of the doubt. */
static bool memory_fits(const struct download *profile, const struct rsp_euicc_info2 *info,
                        char text[ELIGIBILITY_TEXT_MAX])
{
    if (!info->resource.known || profile->needs.nvm_bytes <= info->resource.free_nvm)
        return true;
    snprintf(text, ELIGIBILITY_TEXT_MAX, "the profile needs %u bytes, the eUICC has %u free",
             (unsigned)profile->needs.nvm_bytes, (unsigned)info->resource.free_nvm);
    return false;
}

enum rsp_verdict smdpp_eligibility(const struct download *profile,
                                   const struct rsp_euicc_signed1 *euicc,
                                   char text[ELIGIBILITY_TEXT_MAX])
{
    const struct rsp_euicc_info2 *info = &euicc->euicc_info2;

    if (!ppr_fits(profile, info, text) || !device_fits(profile, euicc, text) ||
        !version_fits(profile, info, text) || !capabilities_fit(profile, info, text))
        return RSP_AUTHENTICATE_CLIENT_NO_ELIGIBLE_PROFILE;
    if (!memory_fits(profile, info, text))
        return RSP_AUTHENTICATE_CLIENT_INSUFFICIENT_MEMORY;
    return RSP_EXECUTED;
}
