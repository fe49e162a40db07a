#include "compiler.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "image.h"
#include "results.h"

extern char** environ;

namespace emulated {
namespace {

namespace fs = std::filesystem;

const char* const preprocessed = "preprocessed.ii";

std::string contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

// without leaves a part out of a text wherever it is.
std::string without(std::string text, const std::string& part) {
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at)) text.erase(at, part.size());
  return text;
}

// included is the folder beside this library with the headers of the emulated
// device.
fs::path included() {
  Dl_info info;
  if (!dladdr(reinterpret_cast<void*>(included), &info)) return "include";
  return fs::absolute(info.dli_fname).parent_path() / "include";
}

// Folder is a new folder that goes with the object.
struct Folder {
  std::string path;
  Folder() {
    std::string name = (fs::temp_directory_path() / "emulated_compiler_XXXXXX").string();
    if (mkdtemp(name.data())) path = name;
  }
  ~Folder() {
    std::error_code ignored;
    if (!path.empty()) fs::remove_all(path, ignored);
  }
};

// Of the real compiler's options these have no meaning here.
const char* const meaningless[] = {"--gpu-architecture", "-arch",    "--std",  "-std",       "--use_fast_math", "-use_fast_math",
                                   "--fmad",             "-fmad",    "--ftz",  "--prec-div", "--prec-sqrt",     "--generate-line-info",
                                   "-lineinfo",          "-default-device", "--device-as-default-execution-space", "--restrict",
                                   "--maxrregcount",     "--extra-device-vectorization", "--minimal", "--split-compile"};

// definitions makes lines of the -D options among those of the real compiler.
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

// registration is code that describes the kernels of a preprocessed source.
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

}  // namespace

bool Program::run(const std::vector<std::string>& command, const std::string& folder) {
  std::vector<char*> words;
  for (const std::string& w : command) words.push_back(const_cast<char*>(w.c_str()));
  words.push_back(nullptr);
  std::string printed = folder + "/log";
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 1, printed.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  pid_t child;
  int failed = posix_spawnp(&child, words[0], &files, nullptr, words.data(), environ), status = 1;
  posix_spawn_file_actions_destroy(&files);
  if (failed) {
    log += command[0] + ": " + strerror(failed) + "\n";
    return false;
  }
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  log += without(contents(printed), folder + "/");
  return status == 0;
}

// preprocess makes one text of the source and all that it includes. The options'
// definitions follow the device's own headers, which they do not concern.
bool Program::preprocess(const std::string& folder, const std::string& definitions) {
  fs::path own = included();
  write(folder + "/" + name, source);
  write(folder + "/definitions.h", definitions);
  for (auto& [header, text] : headers)
    if (!fs::exists(own / header)) write(folder + "/" + header, text);
  return run({"g++", "-E", "-std=c++17", "-x", "c++", "-include", own / "builtins.h", "-include", folder + "/definitions.h", "-I" + folder,
              "-I" + own.string(), folder + "/" + name, "-o", folder + "/" + preprocessed},
             folder);
}

bool Program::build(const std::string& folder) {
  std::string text = contents(folder + "/" + preprocessed), library = folder + "/library.so";
  write(folder + "/" + preprocessed, text + registration(text));
  if (!run({"g++", "-std=c++17", "-O2", "-fno-strict-aliasing", "-fsanitize=alignment,bounds", "-fsanitize-undefined-trap-on-error", "-march=native", "-ffp-contract=off", "-fno-gnu-unique", "-fvisibility=hidden",
            "-U_FORTIFY_SOURCE", "-shared", "-fPIC", folder + "/" + preprocessed, "-o", library},
           folder))
    return false;
  std::string bytes = contents(library);
  Image head;
  memcpy(head.mark, Image::marked, sizeof head.mark);
  head.bytes = bytes.size();
  image.assign(reinterpret_cast<char*>(&head), sizeof head);
  image += bytes;
  return true;
}

int Program::compile(const std::vector<std::string>& options) {
  log.clear();
  image.clear();
  std::string defined;
  if (!definitions(options, defined, log)) return compilerInvalidOption;
  Folder f;
  if (f.path.empty()) {
    log += "cannot make a temporary folder\n";
    return compilationFailed;
  }
  return preprocess(f.path, defined) && build(f.path) ? done : compilationFailed;
}

}  // namespace emulated
