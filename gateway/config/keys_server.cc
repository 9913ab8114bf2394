#include "config/keys_server.h"

#include "base/quantity.h"
#include "config/access.h"
#include "config/names.h"

namespace gateway::config {
namespace {

using base::kHour;
using base::kMinute;
using base::kSecond;

// In the order of the values they stand for.
constexpr std::string_view kTlsVersions[] = {"1.2", "1.3"};

constexpr Key kServer[] = {
    {"listen", AddressesRule{}, member<&Settings::net, &net::Options::listen>,
     "Where clients connect: https:// (TLS, HTTP/2 and HTTP/1.1), http:// (HTTP/1.1 in the clear) "
     "or h2c:// (HTTP/2 with prior knowledge in the clear); a bare host:port means https. A name "
     "listens on every address it has; port 0 is any free one.",
     Effect::restart},
    {"hosts", HostsRule{}, member<&Settings::http, &http::Options::hosts>,
     "Hosts served, without scheme and port (*.example.com: all below it); a request for another "
     "gets 421. Empty: every host. List yours in production: it ends DNS rebinding."},
    {"workers", NumberRule{1, broker::kHubsMax, "auto"},
     member<&Settings::server, &ServerSettings::workers>,
     "Threads that serve connections; auto is one for each core.", Effect::restart},
    {"drain", DurationRule{1'000, kHour}, member<&Settings::server, &ServerSettings::drain>,
     "From the end of drain_delay to the exit at the latest; streams end evenly within it, so that "
     "their reconnects come spread out."},
    {"drain_delay", DurationRule{0, 10 * kMinute},
     member<&Settings::server, &ServerSettings::drain_delay>,
     "After a stop signal: not ready, but still accepting, so that load balancers notice first."},
    {"proxy_protocol", ChoiceRule{kSwitch}, member<&Settings::net, &net::Options::proxy_protocol>,
     "Whether each connection to these listeners begins with a PROXY header, version 1 or 2, which "
     "tells the client's address; the proxy in front says so, too."},
    {"proxy_trusted", RangesRule{}, member<&Settings::net, &net::Options::proxy_trusted>,
     "Networks of the proxies, such as 10.0.0.0/8. With proxy_protocol, connections from elsewhere "
     "are closed: whoever may send the header may claim any address."},
    {"user", TextRule{check_user_name, "a user of this system, or \"\""},
     member<&Settings::server, &ServerSettings::user>,
     "Whom a process that root started becomes, with his groups, once its ports are bound and its "
     "keys are read. A reload reads as this user: he must be able to read the configuration, "
     "certificates and keys.",
     Effect::restart},
    {"page", FlagRule{}, member<&Settings::api, &api::Options::page>,
     "Whether / shows browsers the page to see and try the gateway by. It posts events to boards "
     "whose names begin with demo-: for development and for demonstrations.",
     Effect::restart},
};

constexpr Key kTls[] = {
    {"certificates", CertificatesRule{},
     member<&Settings::net, &net::Options::tls, &net::TlsOptions::certificates>,
     "PEM files, leaf first; relative names start from the working directory. Several are chosen "
     "between by the name the client asks for (SNI); the first serves all others."},
    {"min_version", ChoiceRule{kTlsVersions},
     member<&Settings::net, &net::Options::tls, &net::TlsOptions::min_version>,
     "The oldest version spoken. 1.2 is limited to forward-secret AEAD suites."},
    {"client_ca", TextRule{check_text, "a PEM file, or \"\" for none"},
     member<&Settings::net, &net::Options::tls, &net::TlsOptions::client_ca>,
     "CAs whose certificates clients may show instead of a token (auth.certificates). Clients are "
     "asked for one and served without it; one that none of these CAs vouches for, or that has "
     "expired, ends the handshake. Empty: clients are not asked."},
    {"ticket_keys", FilesRule{},
     member<&Settings::net, &net::Options::tls, &net::TlsOptions::ticket_keys>,
     "Files of 80 random bytes, the same on all nodes behind one name, so that a session resumes "
     "on "
     "any of them: the first encrypts tickets, all decrypt them. Empty: random keys of this "
     "process, a new one every 2 h."},
    {"hsts", DurationRule{0, 2 * 365 * 24 * kHour, kSecond, "off"},
     member<&Settings::api, &api::Options::hsts>,
     "Tells browsers that came by https to come by https alone for this long "
     "(strict-transport-security). Browsers keep to it for every port of the host, so only where "
     "all that is served there has TLS; begin with a short time. 0s takes it back; off says "
     "nothing, and they go on by what they were told."},
    {"reload", DurationRule{0, kHour},
     member<&Settings::net, &net::Options::tls, &net::TlsOptions::reload>,
     "How often the files of this section are looked at: changed ones are loaded for new "
     "connections. A pair with which something is wrong stays as it was and is tried again "
     "(boardcast_certificate_renewal_failing). 0s: only on SIGHUP."},
};

}  // namespace

Section server_section() { return {"server", "Addresses, threads and the way to stop.", kServer}; }

Section tls_section() { return {"tls", "Certificates of the https listeners.", kTls}; }

}  // namespace gateway::config
