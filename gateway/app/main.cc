// What: the command line (see `boardcast --help` and commands.h).
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/client_commands.h"
#include "app/commands.h"
#include "app/token_command.h"

int main(int argc, char** argv) {
  CLI::App cli{"Boardcast: many event streams over one HTTP/2 connection."};
  cli.set_version_flag("--version", gateway::app::version_text());
  cli.require_subcommand(1);

  std::vector<std::string> files;
  const auto add_files = [&files](CLI::App* command) {
    return command
        ->add_option("--config", files,
                     "YAML file; several merge, later wins per key; without one: development")
        ->type_name("FILE");
  };

  bool hints = false;
  CLI::App* serve = cli.add_subcommand("serve", "Serve until SIGTERM or SIGINT");
  add_files(serve);
  serve->add_flag("--hints", hints, "Print addresses and curl lines to try");

  CLI::App* check = cli.add_subcommand("check", "Validate a configuration; opens no port");
  add_files(check)->required();

  bool print_default = false;
  CLI::App* config = cli.add_subcommand("config", "Print a configuration");
  config->add_flag("--default", print_default, "The commented default")
      ->excludes(add_files(config));

  std::string url = "http://127.0.0.1:9901/readyz";
  CLI::App* health = cli.add_subcommand("health", "Exit 0 when the node is ready");
  health->add_option("URL", url, "Where to ask (http)")->capture_default_str();

  gateway::app::PublishCommand publish(cli);
  gateway::app::TailCommand tail(cli);
  gateway::app::TokenCommand token(cli);

  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    constexpr int kWrongUse = 2;
    return cli.exit(error) == 0 ? 0 : kWrongUse;
  }

  if (*serve) return gateway::app::serve(files, hints);
  if (*check) return gateway::app::check(files);
  if (*config) {
    return print_default ? gateway::app::print_default_config() : gateway::app::print_config(files);
  }
  if (publish.chosen()) return publish.run();
  if (tail.chosen()) return tail.run();
  if (token.chosen()) return token.run();
  return gateway::app::health(url);
}
