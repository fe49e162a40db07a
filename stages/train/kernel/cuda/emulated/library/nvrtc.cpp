// The functions of libnvrtc.so.12.
#include <cstring>

#include "calls.h"
#include "compiler.h"

using namespace emulated;

exported int nvrtcVersion(int* major, int* minor) {
  return called("nvrtcVersion", [&] {
    *major = 12;
    *minor = 9;
    return 0;
  });
}

exported const char* nvrtcGetErrorString(int result) {
  switch (result) {
    case done:
      return "NVRTC_SUCCESS";
    case compilerInvalidInput:
      return "NVRTC_ERROR_INVALID_INPUT";
    case compilerInvalidProgram:
      return "NVRTC_ERROR_INVALID_PROGRAM";
    case compilerInvalidOption:
      return "NVRTC_ERROR_INVALID_OPTION";
    case compilationFailed:
      return "NVRTC_ERROR_COMPILATION";
  }
  return "NVRTC_ERROR unknown";
}

exported int nvrtcCreateProgram(Program** to, const char* source, const char* name, int count, const char* const* headers,
                                const char* const* names) {
  return called("nvrtcCreateProgram", [&] {
    if (!to || !source || count < 0) return compilerInvalidInput;
    Program* p = *to = new Program;
    p->source = source;
    p->name = name && *name ? name : "default_program";
    for (int i = 0; i < count; i++) p->headers[names[i]] = headers[i];
    return done;
  });
}

exported int nvrtcDestroyProgram(Program** p) {
  return called("nvrtcDestroyProgram", [&] {
    if (!p || !*p) return compilerInvalidProgram;
    delete *p;
    *p = nullptr;
    return done;
  });
}

// nvrtcCompileProgram holds the lock only to count: compilations go side by side.
exported int nvrtcCompileProgram(Program* p, int count, const char* const* options) {
  int result = called("nvrtcCompileProgram", [&] { return p ? done : compilerInvalidProgram; });
  if (result) return result;
  return p->compile(std::vector<std::string>(options, options + count));
}

exported int nvrtcGetCUBINSize(Program* p, size_t* bytes) {
  return called("nvrtcGetCUBINSize", [&] {
    if (!p || p->image.empty()) return compilerInvalidProgram;
    *bytes = p->image.size();
    return done;
  });
}

exported int nvrtcGetCUBIN(Program* p, char* to) {
  return called("nvrtcGetCUBIN", [&] {
    if (!p || p->image.empty()) return compilerInvalidProgram;
    memcpy(to, p->image.data(), p->image.size());
    return done;
  });
}

// The log ends with a zero byte, which its size counts.
exported int nvrtcGetProgramLogSize(Program* p, size_t* bytes) {
  return called("nvrtcGetProgramLogSize", [&] {
    if (!p) return compilerInvalidProgram;
    *bytes = p->log.size() + 1;
    return done;
  });
}

exported int nvrtcGetProgramLog(Program* p, char* to) {
  return called("nvrtcGetProgramLog", [&] {
    if (!p) return compilerInvalidProgram;
    memcpy(to, p->log.c_str(), p->log.size() + 1);
    return done;
  });
}
