#include "text.h"

#include <algorithm>
#include <iterator>

namespace emulated {
namespace {

// Of the real compiler's options these have no meaning here.
const char* const meaningless[] = {
    "--gpu-architecture", "-arch", "--std", "-std", "--use_fast_math", "-use_fast_math", "--fmad", "-fmad", "--ftz", "--prec-div",
    "--prec-sqrt", "--generate-line-info", "-lineinfo", "--device-as-default-execution-space", "-default-device", "--restrict",
    "--maxrregcount", "--extra-device-vectorization", "--minimal", "--split-compile"};

// kernels finds the names of the kernels in a preprocessed source: builtins.h has
// this mark for __global__.
std::vector<std::string> kernels(const std::string& source) {
  const std::string mark = "__attribute__((used))", result = "void";
  std::vector<std::string> names;
  for (size_t at = source.find(mark); at != std::string::npos; at = source.find(mark, at + 1)) {
    size_t type = source.find_first_not_of(' ', at + mark.size());
    if (source.compare(type, result.size(), result)) continue;
    size_t name = source.find_first_not_of(' ', type + result.size());
    names.push_back(source.substr(name, source.find('(', name) - name));
  }
  return names;
}

}  // namespace

bool definitions(const std::vector<std::string>& options, std::string& to, std::string& log) {
  for (const std::string& o : options) {
    std::string name = o.substr(0, o.find('='));
    if (std::find(std::begin(meaningless), std::end(meaningless), name) != std::end(meaningless)) continue;
    bool brief = o.compare(0, 2, "-D") == 0;
    if (!brief && name != "--define-macro") {
      log += "unknown option " + o + "\n";
      return false;
    }
    std::string what = o.substr(brief ? 2 : name.size() + 1);
    size_t equals = what.find('=');
    to += "#define " + what.substr(0, equals) + " " + (equals == std::string::npos ? "1" : what.substr(equals + 1)) + "\n";
  }
  return true;
}

std::string registration(const std::string& source) {
  std::string all;
  for (const std::string& k : kernels(source)) all += "      emulated::Described<" + k + ">::as(\"" + k + "\"),\n";
  return "\n# 1 \"registration\"\n"
         "extern \"C\" __attribute__((visibility(\"default\"))) const emulated::Kernel* emulated_register(emulated::Device* d) {\n"
         "  static thread_local char first;  // to have the thread's memory\n"
         "  *static_cast<volatile char*>(&first) = 0;\n"
         "  static const emulated::Kernel all[] = {\n" + all + "      {nullptr, nullptr, nullptr, 0}};\n"
         "  emulated::device = d;\n"
         "  return all;\n"
         "}\n";
}

std::string without(std::string text, const std::string& part) {
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at)) text.erase(at, part.size());
  return text;
}

}  // namespace emulated
