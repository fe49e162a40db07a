// Streams, which do their work late: what is queued runs when somebody waits for
// it. A program that reuses host memory early, or reads it early, fails.
#pragma once
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace emulated {

typedef std::function<int()> Work;
typedef std::vector<Work> Graph;

struct Event {
  bool timed;
  int pending = 0;  // records that have not run
  struct Stream* stream = nullptr;  // of the last record
  std::chrono::steady_clock::time_point at;
};

enum CaptureMode { captureGlobal, captureThread, captureRelaxed };

struct Stream {
  std::deque<Work> queue;
  std::shared_ptr<Graph> capture;  // null while the stream does not capture
  CaptureMode mode;
  std::thread::id capturer;
  bool invalidated;

  // add queues work, or adds it to the graph that is captured.
  void add(Work w);
  // run runs the queue, until the event was reached where one is given.
  int run(const Event* until = nullptr);
};

// Streams are all that there are.
class Streams {
 public:
  Stream* create();
  bool destroy(Stream* s);
  bool has(Stream* s) const { return all.count(s); }
  // run runs all queues.
  int run();
  void clear();
  // forbids tells whether a capture forbids this thread what waits for the device,
  // and if so spoils the capture.
  bool forbids();

 private:
  std::set<Stream*> all;
};

extern Streams streams;

}  // namespace emulated
