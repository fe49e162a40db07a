// The driver's functions of streams, captures and graphs.
#include <set>

#include "calls.h"
#include "stream.h"

using namespace emulated;

namespace {
std::set<Graph*> graphs, executables;
}

exported int cuStreamCreate(Stream** to, unsigned) {
  return inContext("cuStreamCreate", [&] {
    *to = streams.create();
    return done;
  });
}

exported int cuStreamDestroy_v2(Stream* s) {
  return inContext("cuStreamDestroy", [&] {
    if (!streams.has(s)) return invalidHandle;
    int result = s->run();
    streams.destroy(s);
    return result;
  });
}

exported int cuStreamSynchronize(Stream* s) {
  return inContext("cuStreamSynchronize", [&] {
    if (!streams.has(s)) return invalidHandle;
    if (!s->capture) return s->run();
    s->invalidated = true;
    return captureUnsupported;
  });
}

exported int cuStreamBeginCapture_v2(Stream* s, int mode) {
  return inContext("cuStreamBeginCapture", [&] {
    if (!streams.has(s)) return invalidHandle;
    if (s->capture || mode < captureGlobal || mode > captureRelaxed) return invalidValue;
    s->capture = std::make_shared<Graph>();
    s->mode = static_cast<CaptureMode>(mode);
    s->capturer = std::this_thread::get_id();
    s->invalidated = false;
    return done;
  });
}

// ended takes what the stream has captured. A capture ends whatever the call answers.
static std::shared_ptr<Graph> ended(Stream* s) {
  std::lock_guard<std::mutex> hold(lock);
  std::shared_ptr<Graph> all;
  if (streams.has(s)) all.swap(s->capture);
  return all;
}

exported int cuStreamEndCapture(Stream* s, Graph** to) {
  std::shared_ptr<Graph> all = ended(s);
  *to = nullptr;
  return inContext("cuStreamEndCapture", [&] {
    if (!streams.has(s)) return invalidHandle;
    if (!all) return invalidValue;
    if (s->invalidated) return captureInvalidated;
    graphs.insert(*to = new Graph(*all));
    return done;
  });
}

exported int cuGraphDestroy(Graph* g) {
  return inContext("cuGraphDestroy", [&] {
    if (!graphs.erase(g)) return invalidHandle;
    delete g;
    return done;
  });
}

exported int cuGraphInstantiateWithFlags(Graph** to, Graph* g, uint64_t) {
  return inContext("cuGraphInstantiateWithFlags", [&] {
    if (!graphs.count(g)) return invalidHandle;
    executables.insert(*to = new Graph(*g));
    return done;
  });
}

exported int cuGraphExecDestroy(Graph* g) {
  return inContext("cuGraphExecDestroy", [&] {
    if (!executables.erase(g)) return invalidHandle;
    delete g;
    return done;
  });
}

exported int cuGraphLaunch(Graph* g, Stream* s) {
  return inContext("cuGraphLaunch", [&] {
    if (!executables.count(g) || !streams.has(s)) return invalidHandle;
    for (const Work& w : *g) s->add(w);
    return done;
  });
}
