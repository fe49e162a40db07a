// What every exported function does first.
#pragma once
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "results.h"

namespace emulated {

// lock is held during every call: the libraries may be used by many threads.
extern std::mutex lock;

// Calls counts the calls of each name, without a final _v2, and makes those fail
// that a test wants to.
class Calls {
 public:
  int begin(const std::string& name);  // returns what the call must fail with
  void fail(const std::string& name, int nth, int result);
  int made(const std::string& name);
  void reset();

 private:
  struct Failure {
    int left, result;
  };
  std::map<std::string, int> counts;
  std::map<std::string, std::vector<Failure>> failures;
};

extern Calls calls;

// What a test may have a call do beside failing: never return, as where a kernel never
// ends, and end the process.
constexpr int hangs = -1, dies = -2;

// Context is the only device's primary context.
struct Context {
  int retained;
  int lost;  // the result that all calls give since the device was lost

  // fail notes the loss of the device if the result tells of one.
  int fail(int result);
  // usable tells whether the calling thread can use the context.
  int usable();
};

extern Context context;

// Card is what a test may have otherwise.
struct Card {
  int version = 12090;                // of CUDA that the driver runs
  size_t mostShared = size_t(227) << 10;  // bytes of dynamic shared memory that a kernel can have
};

extern Card card;
constexpr const char* busOfCard = "0000:01:00.0";  // where the card is on PCI
extern thread_local bool current;  // whether the context is the thread's

// called is one call of any library.
template <class F>
int called(const std::string& name, F f) {
  std::lock_guard<std::mutex> hold(lock);
  if (int result = calls.begin(name)) return context.fail(result);
  return f();
}

// inContext is one call of the driver that needs a context.
template <class F>
int inContext(const std::string& name, F f) {
  return called(name, [&] {
    int result = context.usable();
    return result ? result : context.fail(f());
  });
}

}  // namespace emulated

// exported is a function that others find by its name.
#define exported extern "C" __attribute__((visibility("default")))
