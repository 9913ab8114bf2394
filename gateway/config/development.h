// What: the text of config/dev.yaml. The build writes its definition (gateway/CMakeLists.txt).
#pragma once

namespace gateway::config {

extern const char* const kDevelopmentYaml;

}  // namespace gateway::config
