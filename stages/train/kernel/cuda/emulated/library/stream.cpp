#include "stream.h"

#include "calls.h"
#include "memory.h"

namespace emulated {

Streams streams;

void Stream::add(Work w) {
  if (capture)
    capture->push_back(std::move(w));
  else
    queue.push_back(std::move(w));
}

int Stream::run(const Event* until) {
  int result = done;
  while (!result && !queue.empty() && (!until || until->pending)) {
    Work w = std::move(queue.front());
    queue.pop_front();
    result = w();
  }
  memory.check();
  if (result) queue.clear();
  return result;
}

Stream* Streams::create() {
  Stream* s = new Stream;
  all.insert(s);
  return s;
}

bool Streams::destroy(Stream* s) {
  if (!all.erase(s)) return false;
  delete s;
  return true;
}

int Streams::run() {
  int first = done;
  for (Stream* s : all) {
    int result = s->run();
    if (!first) first = result;
  }
  return first;
}

void Streams::clear() {
  for (Stream* s : all) s->queue.clear();
}

bool Streams::forbids() {
  bool forbidden = false;
  for (Stream* s : all) {
    if (!s->capture || s->mode == captureRelaxed) continue;
    if (s->mode == captureThread && s->capturer != std::this_thread::get_id()) continue;
    forbidden = s->invalidated = true;
  }
  return forbidden;
}

}  // namespace emulated
