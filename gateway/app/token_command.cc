#include "app/token_command.h"

#include <algorithm>
#include <cstdio>

#include <CLI/CLI.hpp>

#include "app/time_option.h"
#include "base/clock.h"

namespace gateway::app {

TokenCommand::TokenCommand(CLI::App& cli)
    : command_(cli.add_subcommand("token", "Print a signed token, for development")) {
  const auto add_names = [this](const char* name, std::vector<std::string>& names,
                                const char* what) {
    command_->add_option(name, names, what)->allow_extra_args(false)->type_name("NAME");
  };
  add_names("--subscribe", wish_.subscribe, "A board to read, or a prefix and *; may repeat");
  add_names("--publish", wish_.publish, "A board to publish to, or a prefix and *; may repeat");
  command_->add_option("--subject", wish_.subject, "Whom it is made out to (sub)");
  command_->add_flag("--admin", wish_.admin, "For an operator");
  add_duration(command_, "--ttl", ttl_, "How long it counts, in whole seconds [1h]");
  command_->add_option("--issuer", wish_.issuer, "Who made it (iss), as auth.issuer asks");
  command_->add_option("--audience", wish_.audience, "Whom it is for (aud), as auth.audience asks");
  command_
      ->add_option("--key", key_.file,
                   "What signs it: a private key as PEM or JWK, or a file with a secret")
      ->required()
      ->type_name("FILE");
  command_->add_option("--algorithm", key_.algorithm,
                       "As the key is used, such as PS256. Default: what the key says, RS256 of "
                       "RSA keys, HS256 of secrets");
  command_->add_option("--kid", key_.kid, "The name of the key, where the gateway knows it by one");
}

bool TokenCommand::chosen() const { return command_->parsed(); }

int TokenCommand::run() {
  using std::chrono::seconds;
  wish_.ttl = std::max(seconds(1), std::chrono::duration_cast<seconds>(ttl_));
  const base::SystemClock clock;
  const auto token = auth::mint(key_, wish_, clock.wall_ms());
  if (!token) {
    std::fprintf(stderr, "boardcast token: %s\n", token.error().message.c_str());
    return 1;
  }
  return std::puts(token->c_str()) >= 0 && std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace gateway::app
