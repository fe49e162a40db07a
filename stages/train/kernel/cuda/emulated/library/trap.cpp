#include "trap.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>

#include "block.h"
#include "results.h"

namespace emulated {
namespace {

constexpr int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
constexpr int highest = 32;

struct sigaction former[highest];
volatile pid_t trapped;  // the thread that runs kernels, 0 for none

pid_t self() { return syscall(SYS_gettid); }

void trap(int signal, siginfo_t* info, void* state) {
  if (self() == trapped) {
    if (signal == SIGFPE) fail(launchFailed, "division by zero");
    if (signal == SIGILL) fail(launchFailed, "used an address that is not aligned, an index outside of its array, or what else is undefined");
    char address[32];
    snprintf(address, sizeof address, "%p", info->si_addr);
    fail(illegalAddress, std::string("used the address ") + address);
  }
  const struct sigaction& b = former[signal];
  if (b.sa_flags & SA_SIGINFO) {
    b.sa_sigaction(signal, info, state);
  } else if (b.sa_handler == SIG_DFL || b.sa_handler == SIG_IGN) {
    sigaction(signal, &b, nullptr);  // the fault comes again, and ends the process
  } else {
    b.sa_handler(signal);
  }
}

}  // namespace

// The handler runs on the thread's own stack for signals, as a kernel's may be what
// overflowed, and jumps away from it: no signal may stay blocked.
Trap::Trap() {
  struct sigaction a {};
  a.sa_sigaction = trap;
  a.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  trapped = self();
  for (int s : signals) sigaction(s, &a, &former[s]);
}

Trap::~Trap() {
  for (int s : signals) sigaction(s, &former[s], nullptr);
  trapped = 0;
}

}  // namespace emulated
