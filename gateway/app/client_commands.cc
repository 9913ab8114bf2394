#include "app/client_commands.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>

#include <CLI/CLI.hpp>

#include "app/redis_poster.h"
#include "app/time_option.h"
#include "client/exit_code.h"

namespace gateway::app {
namespace {

constexpr int kWrongUse = 2;

int wrong_use(const std::string& text) {
  std::fprintf(stderr, "%s\n", text.c_str());
  return kWrongUse;
}

/// SIGINT and SIGTERM as a descriptor that becomes readable; they do nothing else from now on.
int stop_descriptor() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signalfd(-1, &signals, SFD_CLOEXEC);
}

/// The option of the URL.
CLI::Option* add_target(CLI::App* command, TargetWords& words) {
  CLI::Option* url =
      command->add_option("URL", words.url, "The gateway: https://host:port, or with a path")
          ->required();
  command
      ->add_option("--cacert", words.ca_file,
                   "Whom to trust. Default: certs/ca.crt if it is there and the host is this "
                   "machine, else the system's")
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  command
      ->add_option("--token-file", words.token_file,
                   "Holds the token to show, and is read anew each time. Default: the "
                   "environment's BOARDCAST_TOKEN. (An option with the token itself would show it "
                   "to whoever lists processes)")
      ->type_name("FILE");
  CLI::Option* cert = command
                          ->add_option("--cert", words.cert_file,
                                       "A certificate (PEM) to show, with its issuers if need be")
                          ->type_name("FILE")
                          ->check(CLI::ExistingFile);
  command
      ->add_option("--cert-key", words.key_file,
                   "Its private key (PEM). Default: it is in the same file")
      ->type_name("FILE")
      ->check(CLI::ExistingFile)
      ->needs(cert);
  return url;
}

/// Of `publish`: past the gateways, into the Redis that they share.
void add_redis(CLI::App* command, backbone::RedisOptions& options, CLI::Option* url) {
  url->required(false);
  CLI::Option* redis =
      command
          ->add_option("--redis", options.url,
                       "In place of URL: publish in the Redis of the gateways' backbone, "
                       "redis://host[:port][/database], rediss:// for TLS (where --cacert, --cert "
                       "and --cert-key are for Redis, too), or unix:///path. The password is the "
                       "environment's REDISCLI_AUTH, as for redis-cli")
          ->type_name("URL")
          ->excludes(url);
  command->add_option("--redis-user", options.username, "As whom, where Redis has users")
      ->type_name("NAME")
      ->needs(redis);
  command->add_option("--redis-prefix", options.prefix, "The gateways' backbone.redis.prefix")
      ->type_name("NAME")
      ->capture_default_str()
      ->needs(redis);
  command
      ->add_option("--redis-server-name", options.tls.server_name,
                   "The name that its certificate must have. Default: the host's")
      ->type_name("NAME")
      ->needs(redis);
}

const std::string& key_file_of(const TargetWords& words) {
  return words.key_file.empty() ? words.cert_file : words.key_file;
}

base::Result<client::Target> find_target(const TargetWords& words) {
  auto target = client::parse_target(words.url, words.ca_file);
  if (!target) return target;
  const char* const variable = std::getenv("BOARDCAST_TOKEN");
  auto token =
      client::Token::find(words.token_file, variable == nullptr ? "" : variable, "BOARDCAST_TOKEN");
  if (!token) return base::Fail{token.error()};
  target->token = *std::move(token);
  target->cert_file = words.cert_file;
  target->key_file = key_file_of(words);
  return target;
}

/// The command's own run, with the real world.
template <typename Options>
int with_world(const char* name, client::Console::Descriptors descriptors, const Options& options,
               const std::function<int(const Options&, const client::World&)>& run) {
  signal(SIGPIPE, SIG_IGN);
  client::Console console(std::string("boardcast ") + name, descriptors);
  const base::SystemClock clock;
  base::SystemRandom random;
  return run(options, {clock, random, console});
}

}  // namespace

PublishCommand::PublishCommand(CLI::App& cli)
    : command_(cli.add_subcommand("publish", "Publish an event, or one for each line of input")) {
  add_redis(command_, redis_, add_target(command_, target_));
  command_->add_option("--board", options_.boards, "Where to; may repeat")
      ->required()
      ->allow_extra_args(false)
      ->type_name("NAME");
  command_->add_option("--event", options_.event, "The type of the events");
  command_->add_option("--data", data_,
                       "The event's data; - or nothing: each line of standard input is an event");
  command_->add_flag("--json", options_.json, "The data is JSON; otherwise it is text");
  command_->add_flag("--quiet", options_.quiet, "Print no ids");
  add_duration(command_, "--retry-for", options_.retry_for,
               "How long to try again what was not published, or perhaps was: that for 90s at "
               "most [30s]");
  command_->footer(
      "Prints the id of each event. Exit: 0 published, 1 refused, or input or output failed (the\n"
      "lines before that are published), 2 wrong use, 4 gave up after --retry-for, 5 the same, "
      "and\n"
      "an answer was lost: the lines named are published or not. Each event has a key, so what is\n"
      "sent again is published once.");
}

bool PublishCommand::chosen() const { return command_->parsed(); }

int PublishCommand::run() {
  const bool has_data = command_->count("--data") != 0 && data_ != "-";
  if (has_data) options_.data = data_;
  if (command_->count("--data") == 0 && isatty(STDIN_FILENO) == 1) {
    return wrong_use("--data TEXT, --data - for lines that you type, or a pipe");
  }
  if (command_->count("--redis") != 0) return run_redis();
  if (target_.url.empty()) return wrong_use("URL is required, or --redis");
  auto target = find_target(target_);
  if (!target) return wrong_use(target.error().message);
  options_.target = *std::move(target);
  return with_world<client::PublishOptions>(
      "publish", descriptors(), options_,
      [](const client::PublishOptions& options, const client::World& world) {
        return client::publish(options, world);
      });
}

int PublishCommand::run_redis() {
  const auto address = backbone::parse_redis_address(redis_.url);
  if (!address) return wrong_use(redis_.url + ": " + address.error().message);
  redis_.tls.ca = target_.ca_file;
  redis_.tls.certificate = target_.cert_file;
  redis_.tls.key = key_file_of(target_);
  if (!address->tls && redis_.tls != backbone::RedisTlsOptions{}) {
    return wrong_use("--cacert, --cert and --redis-server-name are for TLS: write rediss://");
  }
  if (address->tls) {
    if (const auto usable = backbone::check_redis_tls(redis_.tls); !usable) {
      return wrong_use(usable.error().message);
    }
  }
  if (const char* password = std::getenv("REDISCLI_AUTH")) redis_.password = password;
  return with_world<client::PublishOptions>(
      "publish", descriptors(), options_,
      [this](const client::PublishOptions& options, const client::World& world) {
        RedisPoster poster(world.clock, redis_);
        return client::publish(options, world, poster);
      });
}

client::Console::Descriptors PublishCommand::descriptors() const {
  return {STDIN_FILENO, options_.quiet ? -1 : STDOUT_FILENO, STDERR_FILENO, -1};
}

TailCommand::TailCommand(CLI::App& cli)
    : command_(cli.add_subcommand("tail", "Read boards; comes back by itself after failures")) {
  add_target(command_, target_);
  command_->add_option("--boards", options_.boards, "a,b or team-*; may repeat")
      ->required()
      ->allow_extra_args(false)
      ->type_name("NAMES");
  command_->add_option("--events", options_.events, "Keep only these types")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("TYPES");
  CLI::Option* after =
      command_->add_option("--after", options_.after, "Begin behind this id")->type_name("ID");
  CLI::Option* earliest =
      command_->add_flag("--earliest", earliest_, "Begin with all that is kept")->excludes(after);
  command_->add_option("--last", options_.last, "Begin with the newest N of each board")
      ->type_name("N")
      ->excludes(after)
      ->excludes(earliest);
  command_->add_option("--limit", options_.limit, "End after N events")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command_
      ->add_option("--format", format_,
                   "json: an envelope a line, plain: the data alone [plain; json for several "
                   "boards or a pattern]")
      ->check(CLI::IsMember({"plain", "json"}));
  command_->add_flag("--fail-on-gap", options_.fail_on_gap, "End when events may be missing");
  add_duration(command_, "--idle-timeout", options_.idle_timeout,
               "Not a byte for so long: the connection is dead; more than the gateway's "
               "stream.heartbeat [45s]");
  add_duration(command_, "--give-up-after", options_.give_up_after,
               "End after so long without a stream [never]");
  command_->footer(
      "Losses, returns and gaps are told on standard error. Exit: 0 limit reached, stopped by a\n"
      "signal, sent away (204), or standard output closed; 1 refused, or standard output cannot "
      "be\n"
      "written; 2 wrong use; 3 a gap, with --fail-on-gap; 4 gave up after --give-up-after.");
}

bool TailCommand::chosen() const { return command_->parsed(); }

int TailCommand::run() {
  auto target = find_target(target_);
  if (!target) return wrong_use(target.error().message);
  options_.target = *std::move(target);
  if (earliest_) options_.after = "earliest";
  const bool several = options_.boards.size() > 1 ||
                       options_.boards.front().find_first_of(",*") != std::string::npos;
  options_.json = format_.empty() ? several : format_ == "json";
  if (options_.idle_timeout.count() == 0) return wrong_use("--idle-timeout must not be 0");
  const int stop = stop_descriptor();
  return with_world<client::TailOptions>("tail", {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, stop},
                                         options_, &client::tail);
}

}  // namespace gateway::app
