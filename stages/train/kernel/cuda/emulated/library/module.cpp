#include "module.h"

#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "block.h"
#include "image.h"

namespace emulated {
namespace {

// write makes a file of the bytes and returns its name, "" where it cannot.
std::string write(const char* bytes, size_t n) {
  const char* folder = getenv("TMPDIR");
  std::string name = std::string(folder ? folder : "/tmp") + "/emulated_module_XXXXXX";
  int file = mkstemp(name.data());
  if (file < 0) return "";
  bool whole = true;
  for (size_t at = 0; whole && at < n;) {
    ssize_t wrote = ::write(file, bytes + at, n - at);
    whole = wrote > 0;
    at += whole ? wrote : 0;
  }
  close(file);
  if (whole) return name;
  unlink(name.c_str());
  return "";
}

// Search looks for the size of a library's memory that every thread has its own of.
struct Search {
  ElfW(Addr) base;
  size_t bytes;
};

int visit(dl_phdr_info* info, size_t, void* to) {
  Search* s = static_cast<Search*>(to);
  if (info->dlpi_addr != s->base) return 0;
  for (int i = 0; i < info->dlpi_phnum; i++)
    if (info->dlpi_phdr[i].p_type == PT_TLS) s->bytes = info->dlpi_phdr[i].p_memsz;
  return 1;
}

size_t threadBytes(void* handle) {
  link_map* map = nullptr;
  if (dlinfo(handle, RTLD_DI_LINKMAP, &map)) return 0;
  Search s{map->l_addr, 0};
  dl_iterate_phdr(visit, &s);
  return s.bytes;
}

}  // namespace

std::shared_ptr<Module> Module::load(const void* image) {
  const Image* i = static_cast<const Image*>(image);
  if (!i || memcmp(i->mark, Image::marked, sizeof i->mark)) return nullptr;
  std::string name = write(reinterpret_cast<const char*>(i + 1), i->bytes);
  if (name.empty()) return nullptr;
  auto m = std::make_shared<Module>();
  m->handle = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  unlink(name.c_str());
  if (m->handle) m->describe = reinterpret_cast<Register>(dlsym(m->handle, "emulated_register"));
  if (!m->describe) {
    const char* why = dlerror();
    fprintf(stderr, "emulated device: cannot load a module: %s\n", why ? why : "it describes no kernels");
    return nullptr;
  }
  for (const Kernel* k = m->describe(&device); k->name; k++) m->kernels[k->name] = k;
  m->sharedBytes = threadBytes(m->handle);
  return m;
}

Module::~Module() {
  if (handle) dlclose(handle);
}

const Kernel* Module::find(const std::string& name) const {
  auto found = kernels.find(name);
  return found == kernels.end() ? nullptr : found->second;
}

unsigned char* Module::shared() const {
  void* at = nullptr;
  dlinfo(handle, RTLD_DI_TLS_DATA, &at);
  return static_cast<unsigned char*>(at);
}

// poison first has the module touch its memory: a thread gets it, zeroed, at its
// first use.
void Module::poison() {
  describe(&device);
  memset(shared(), 0xff, sharedBytes);
}

bool Module::holdsShared(const void* at, size_t bytes) const {
  const unsigned char *p = static_cast<const unsigned char*>(at), *begin = shared();
  return p >= begin && p + bytes <= begin + sharedBytes;
}

}  // namespace emulated
