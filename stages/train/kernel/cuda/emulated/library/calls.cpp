#include "calls.h"

#include <csignal>
#include <unistd.h>

namespace emulated {

std::mutex lock;
Calls calls;
Context context;
Card card;
thread_local bool current;

// plain leaves out what tells versions of a function apart. Names of kernels stay.
static std::string plain(const std::string& name) {
  size_t end = name.size() < 3 ? std::string::npos : name.size() - 3;
  bool versioned = name.find(':') == std::string::npos && name.find("_v2", end) == end;
  return versioned ? name.substr(0, end) : name;
}

int Calls::begin(const std::string& name) {
  counts[name]++;
  int result = done;
  std::vector<Failure>& all = failures[name];
  for (size_t i = 0; i < all.size();) {
    if (--all[i].left > 0) {
      i++;
      continue;
    }
    result = all[i].result;
    all.erase(all.begin() + i);
  }
  if (result == dies) raise(SIGKILL);
  while (result == hangs) pause();
  return result;
}

void Calls::fail(const std::string& name, int nth, int result) { failures[plain(name)].push_back({nth, result}); }

int Calls::made(const std::string& name) { return counts[plain(name)]; }

void Calls::reset() {
  counts.clear();
  failures.clear();
}

int Context::fail(int result) {
  if (!lost && losesDevice(result)) lost = result;
  return result;
}

int Context::usable() {
  if (!current) return invalidContext;
  if (!retained) return contextIsDestroyed;
  return lost;
}

}  // namespace emulated
