// The driver's functions of events.
#include <map>

#include "calls.h"
#include "stream.h"

using namespace emulated;

namespace {

// A queue keeps the events that it records, as they may be destroyed before.
std::map<Event*, std::shared_ptr<Event>> events;

// finish runs what comes before the event.
int finish(Event* e) { return e->pending && streams.has(e->stream) ? e->stream->run(e) : done; }

}  // namespace

exported int cuEventCreate(Event** to, unsigned flags) {
  return inContext("cuEventCreate", [&] {
    auto e = std::make_shared<Event>();
    e->timed = !(flags & 2);
    events[*to = e.get()] = e;
    return done;
  });
}

exported int cuEventDestroy_v2(Event* e) {
  return inContext("cuEventDestroy", [&] { return events.erase(e) ? done : invalidHandle; });
}

exported int cuEventRecord(Event* e, Stream* s) {
  return inContext("cuEventRecord", [&] {
    if (!events.count(e) || !streams.has(s)) return invalidHandle;
    if (s->capture) return captureUnsupported;
    std::shared_ptr<Event> kept = events[e];
    kept->pending++;
    kept->stream = s;
    s->add([kept] {
      kept->pending--;
      kept->at = std::chrono::steady_clock::now();
      return done;
    });
    return done;
  });
}

exported int cuEventSynchronize(Event* e) {
  return inContext("cuEventSynchronize", [&] {
    if (!events.count(e)) return invalidHandle;
    if (streams.forbids()) return captureUnsupported;
    return finish(e);
  });
}

// cuEventQuery of what has not run says so once, and then has it run: who asks in a
// loop comes to an end.
exported int cuEventQuery(Event* e) {
  return inContext("cuEventQuery", [&] {
    if (!events.count(e)) return invalidHandle;
    if (streams.forbids()) return captureUnsupported;
    if (!e->pending) return done;
    int result = finish(e);
    return result ? result : notReady;
  });
}

exported int cuEventElapsedTime(float* milliseconds, Event* from, Event* to) {
  return inContext("cuEventElapsedTime", [&] {
    if (!events.count(from) || !events.count(to) || !from->timed || !to->timed) return invalidHandle;
    if (!from->stream || !to->stream) return invalidHandle;
    if (from->pending || to->pending) return notReady;
    *milliseconds = std::chrono::duration<float, std::milli>(to->at - from->at).count();
    return done;
  });
}
