// The functions of libcublasLt.so.12 that multiply.
#include <cstring>

#include "calls.h"
#include "descriptions.h"
#include "stream.h"

using namespace emulated;

namespace {

// workspaceWanted is what an algorithm takes where it may.
constexpr uint64_t workspaceWanted = 64 << 10;

bool promised(const Algorithm& g, const Matrix (&m)[4]) {
  for (int i = 0; i < 4; i++)
    if (!m[i].at || m[i].at % g.alignment[i]) return false;
  return true;
}

// A long sum is split in two where partial sums may be kept in the type of the result:
// schemes 1, in place, and 4, beside it (cublasLt.h, cublasLtReductionScheme_t).
constexpr uint64_t longSum = 256;
constexpr uint32_t keptAsResult = 1 | 4;

uint64_t partsOf(const Description& o, const Layout& a, const Promise& p) {
  return p.reduction & keptAsResult && (o.transposed[0] ? a.rows : a.columns) >= longSum ? 2 : 1;
}

// Where several algorithms are asked for, the first of two takes longer.
constexpr int offered = 2, slow = 8;

// multiplication is the work of a product. It spoils the workspace that it was
// given, as an algorithm may that uses all of it.
Work multiplication(const Matrix (&m)[4], float alpha, float beta, uint64_t parts, Address workspace, size_t bytes) {
  return [=, a = m[0], b = m[1], c = m[2], d = m[3]] {
    for (const Matrix& x : {a, b, c, d})
      if (!memory.holds(x.at, x.layout.bytes())) return illegalAddress;
    if (bytes && !memory.holds(workspace, bytes)) return illegalAddress;
    memset(reinterpret_cast<void*>(workspace), 0xff, bytes);
    product(d, a, b, c, alpha, beta, parts);
    return done;
  };
}

}  // namespace

int emulated::judge(const Description& o, const Layout& a, const Layout& b, const Layout& c, const Layout& d) {
  uint64_t m = o.transposed[0] ? a.columns : a.rows, k = o.transposed[0] ? a.rows : a.columns;
  uint64_t n = o.transposed[1] ? b.rows : b.columns, depth = o.transposed[1] ? b.columns : b.rows;
  if (k != depth || d.rows != m || d.columns != n || c.rows != m || c.columns != n) return productInvalidValue;
  bool known = a.type == b.type && c.type == d.type && (a.type == typeBF16 || d.type == typeFloat);
  return known ? done : productNotSupported;
}

exported size_t cublasLtGetVersion() { return 120900; }

exported const char* cublasLtGetStatusName(int status) {
  switch (status) {
    case done:
      return "CUBLAS_STATUS_SUCCESS";
    case productNotInitialized:
      return "CUBLAS_STATUS_NOT_INITIALIZED";
    case productInvalidValue:
      return "CUBLAS_STATUS_INVALID_VALUE";
    case productFailed:
      return "CUBLAS_STATUS_EXECUTION_FAILED";
    case productNotSupported:
      return "CUBLAS_STATUS_NOT_SUPPORTED";
  }
  return "CUBLAS_STATUS unknown";
}

exported const char* cublasLtGetStatusString(int status) { return cublasLtGetStatusName(status); }

exported int cublasLtCreate(char** to) {
  return called("cublasLtCreate", [&] {
    if (context.usable()) return productNotInitialized;
    *to = new char;
    return done;
  });
}

exported int cublasLtDestroy(char* handle) {
  return called("cublasLtDestroy", [&] {
    delete handle;
    return done;
  });
}

exported int cublasLtMatmulAlgoGetHeuristic(char* handle, const Description* o, const Layout* a, const Layout* b, const Layout* c,
                                            const Layout* d, const Promise* p, int wanted, Choice* to, int* found) {
  return called("cublasLtMatmulAlgoGetHeuristic", [&] {
    *found = 0;
    if (!handle || !o || !a || !b || !c || !d || !p || wanted < 1) return productInvalidValue;
    if (int result = judge(*o, *a, *b, *c, *d)) return result;
    *found = std::min(wanted, offered);
    for (int i = 0; i < *found; i++) {
      to[i] = Choice{};
      to[i].algorithm.mark = Algorithm::marked;
      to[i].algorithm.rounds = i == 0 ? slow : 1;
      to[i].algorithm.parts = partsOf(*o, *a, *p);
      memcpy(to[i].algorithm.alignment, p->alignment, sizeof p->alignment);
      to[i].algorithm.workspace = to[i].workspace = std::min(p->workspace, workspaceWanted);
      // An offer may be none: only its state is then set.
      if (int state = calls.begin("cublasLtMatmulAlgoGetHeuristic:offer")) to[i] = Choice{{}, 0, state, 0, {}};
    }
    if (wanted == 1) to->algorithm.rounds = 1;  // nobody looks for a faster one
    return done;
  });
}

exported int cublasLtMatmul(char* handle, const Description* o, const float* alpha, Address atA, const Layout* a, Address atB, const Layout* b,
                            const float* beta, Address atC, const Layout* c, Address atD, const Layout* d, const Algorithm* g,
                            Address workspace, size_t bytes, Stream* s) {
  return called("cublasLtMatmul", [&] {
    if (context.usable()) return productFailed;
    if (!handle || !o || !a || !b || !c || !d || !g || g->mark != Algorithm::marked || !streams.has(s)) return productInvalidValue;
    if (int result = judge(*o, *a, *b, *c, *d)) return result;
    Matrix m[4] = {{*a, atA, o->transposed[0] != 0}, {*b, atB, o->transposed[1] != 0}, {*c, atC, false}, {*d, atD, false}};
    if (!promised(*g, m) || bytes < g->workspace) return productInvalidValue;
    for (uint64_t i = 1; i < g->rounds; i++) s->add(multiplication(m, 0, 1, 1, workspace, g->workspace));
    s->add(multiplication(m, *alpha, *beta, g->parts, workspace, g->workspace));
    return done;
  });
}
