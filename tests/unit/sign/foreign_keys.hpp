// SPDX-License-Identifier: Apache-2.0
// Keys for tests alone, made with openssl(1). The id was computed by it too: SHA-256 of the DER form, in base64.
#pragma once

namespace fstracker::sign::foreign {

inline constexpr const char* kP256Id = "1yA92wB7JionEbkkFuuVXagbIx3rM9g40iGjgc2DnxU=";

inline constexpr const char* kP256Public =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEunk6UPdlXxLwAu85DG9F6VjdcxZn\n"
    "2T1Q72BIyckSDchGuYDdrMvnITVFw8PLsqHecXJU1U2a90K7E+UzRNCfjw==\n"
    "-----END PUBLIC KEY-----\n";

inline constexpr const char* kP256PublicCompressed =
    "-----BEGIN PUBLIC KEY-----\n"
    "MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgADunk6UPdlXxLwAu85DG9F6VjdcxZn\n"
    "2T1Q72BIyckSDcg=\n"
    "-----END PUBLIC KEY-----\n";

inline constexpr const char* kP256Certificate =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBdTCCARugAwIBAgIUTZUU13AtggJJdUKUeSTcUtO5aeEwCgYIKoZIzj0EAwIw\n"
    "DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjIyMDE2MjBaGA8yMTI2MTAyOTIwMTYy\n"
    "MFowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABLp5\n"
    "OlD3ZV8S8ALvOQxvRelY3XMWZ9k9UO9gSMnJEg3IRrmA3azL5yE1RcPDy7Kh3nFy\n"
    "VNVNmvdCuxPlM0TQn4+jUzBRMB0GA1UdDgQWBBSGyHKCwpUwX9p4i4xHZWq/Ocxp\n"
    "ujAfBgNVHSMEGDAWgBSGyHKCwpUwX9p4i4xHZWq/OcxpujAPBgNVHRMBAf8EBTAD\n"
    "AQH/MAoGCCqGSM49BAMCA0gAMEUCIDZuINP4r6vOgC/5fhdt7EynDUbhOGob63qs\n"
    "eC+y3fVyAiEA/xIlxadtgkMSg0/MOOteyVQUCHf5Bxc6dyg6R/idAbM=\n"
    "-----END CERTIFICATE-----\n";

inline constexpr const char* kP256Sec1 =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHcCAQEEIJAURoXc2UJiXyFRJwJ51+qIa+Tm2AUWc7gggmW3jwRpoAoGCCqGSM49\n"
    "AwEHoUQDQgAEunk6UPdlXxLwAu85DG9F6VjdcxZn2T1Q72BIyckSDchGuYDdrMvn\n"
    "ITVFw8PLsqHecXJU1U2a90K7E+UzRNCfjw==\n"
    "-----END EC PRIVATE KEY-----\n";

inline constexpr const char* kP256Encrypted =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAj/1QvywAOfFQICCAAw\n"
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEHwuBtjAmOjpGh1z1IhjXY0EgZCX\n"
    "4ZwMb4o9adS7dCSyj1mQ6e6pP8b0TVZMaWNBIHd2bC9JcPAub76+QFX5Lwpl+ppE\n"
    "duGS+dSSrpp2iyT1kFxeMh9wq4lREs9eq2WWpkmEDQX+BPP0e7lW3wbN1qGHwjeU\n"
    "JRv6qg5nZjHHgwnSZYFH42eiHAjtf6b/3pXoIX4HsC3mlmAD87fT1/lmkF5wtS0=\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";

inline constexpr const char* kP384 =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDBGgCMJoRUrblsozQh8\n"
    "SWsqEwZizhsmgrCinhyH8X6PgBHAKEC5GIPwD4Bsh9ws5eChZANiAAQn7rz0YY/Q\n"
    "46WNxliKJHVNl2Sj7uCLIiYrKQPOH2e9+Hpca+jT1aUt36sZIZXkDg6KPFOkJg10\n"
    "xS/qhmgX1h6QubO9OETYG88wfBa9yapk+kDg1ytqKua2rEWfneKtfS4=\n"
    "-----END PRIVATE KEY-----\n";

inline constexpr const char* kP384Public =
    "-----BEGIN PUBLIC KEY-----\n"
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEJ+689GGP0OOljcZYiiR1TZdko+7giyIm\n"
    "KykDzh9nvfh6XGvo09WlLd+rGSGV5A4OijxTpCYNdMUv6oZoF9YekLmzvThE2BvP\n"
    "MHwWvcmqZPpA4NcrairmtqxFn53irX0u\n"
    "-----END PUBLIC KEY-----\n";

inline constexpr const char* kRsaPublic =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAh2oBUYEyuZA1Q+iE0JsS\n"
    "Yivc+kOfZsRII5qiaY6GYqMRWvB0uzRFT5H5rlTq3vCFV6dbZT3qDeIuTGCBQYQW\n"
    "Letw0OMUR9BDNCL67Rna5UJ0dlmAqOUwwaMcHdxV7iqr5CjfHMz/8fYkfohC743N\n"
    "uO3/zrds+MZ40yoJUBshelqu5MRS9WO5YURSvjV9NiDmtMJ49d6kGDXtIdAPOu1l\n"
    "qNxTX9XaVZCJ0KNPHx86GgEMGvL1sz8bsrbtn6yWn+kyRdd8I5xQuC5r/vNtkQRw\n"
    "wl26lRgVagIm8ZoyyLKSyvQb8tBlpeJCG6JGLHYzhzzuuGlmYE1ESJaEOxr+QlCk\n"
    "gQIDAQAB\n"
    "-----END PUBLIC KEY-----\n";

}  // namespace fstracker::sign::foreign
