// Compiles kernels for the emulated device.
#pragma once
#include <map>
#include <string>
#include <vector>

namespace emulated {

// Program is a source that is compiled.
struct Program {
  std::string name, source;
  std::map<std::string, std::string> headers;
  std::string log, image;

  // compile returns the compiler's result; it fills log and image.
  int compile(const std::vector<std::string>& options);

 private:
  bool preprocess(const std::string& folder, const std::string& definitions);
  bool build(const std::string& folder);
  // run runs a command and adds what it prints to the log.
  bool run(const std::vector<std::string>& command, const std::string& folder);
};

}  // namespace emulated
