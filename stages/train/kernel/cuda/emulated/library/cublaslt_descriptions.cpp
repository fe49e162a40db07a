// The functions of libcublasLt.so.12 that describe a product.
#include <cstring>

#include "calls.h"
#include "descriptions.h"

using namespace emulated;

namespace {

template <class T>
int destroyed(const char* name, T* what) {
  return called(name, [&] {
    delete what;
    return done;
  });
}

// taken copies an attribute's value, whose size must be its type's.
template <class T>
int taken(T& to, const void* value, size_t bytes) {
  if (!value || bytes != sizeof to) return productInvalidValue;
  memcpy(&to, value, sizeof to);
  return done;
}

int describe(Description& o, int attribute, const void* value, size_t bytes) {
  int32_t v;
  if (int result = taken(v, value, bytes)) return result;
  switch (attribute) {
    case 3:  // whether a is transposed
    case 4:  // whether b is
      if (v != 0 && v != 1) return productInvalidValue;
      o.transposed[attribute - 3] = v;
      return done;
    case 7:  // what is done to the product: nothing
      return v == 1 ? done : productNotSupported;
  }
  return productNotSupported;
}

int promise(Promise& p, int attribute, const void* value, size_t bytes) {
  if (attribute == 1) return taken(p.workspace, value, bytes);
  if (attribute == 3) return taken(p.reduction, value, bytes);
  if (attribute < 5 || attribute > 8) return productNotSupported;
  uint32_t v;
  if (int result = taken(v, value, bytes)) return result;
  if (!v || v & (v - 1)) return productInvalidValue;
  p.alignment[attribute - 5] = v;
  return done;
}

}  // namespace

exported int cublasLtMatmulDescCreate(Description** to, int compute, int scale) {
  return called("cublasLtMatmulDescCreate", [&] {
    bool inFloat = compute == 68 || compute == 69;
    if (!inFloat || scale != typeFloat) return productNotSupported;
    *to = new Description;
    return done;
  });
}

exported int cublasLtMatmulDescDestroy(Description* o) { return destroyed("cublasLtMatmulDescDestroy", o); }

exported int cublasLtMatmulDescSetAttribute(Description* o, int attribute, const void* value, size_t bytes) {
  return called("cublasLtMatmulDescSetAttribute", [&] { return o ? describe(*o, attribute, value, bytes) : productInvalidValue; });
}

exported int cublasLtMatrixLayoutCreate(Layout** to, int type, uint64_t rows, uint64_t columns, int64_t ld) {
  return called("cublasLtMatrixLayoutCreate", [&] {
    if (type != typeFloat && type != typeBF16) return productNotSupported;
    if (!rows || !columns || ld < int64_t(rows)) return productInvalidValue;
    *to = new Layout{type, rows, columns, ld};
    return done;
  });
}

exported int cublasLtMatrixLayoutDestroy(Layout* l) { return destroyed("cublasLtMatrixLayoutDestroy", l); }

exported int cublasLtMatmulPreferenceCreate(Promise** to) {
  return called("cublasLtMatmulPreferenceCreate", [&] {
    *to = new Promise;
    return done;
  });
}

exported int cublasLtMatmulPreferenceDestroy(Promise* p) { return destroyed("cublasLtMatmulPreferenceDestroy", p); }

exported int cublasLtMatmulPreferenceSetAttribute(Promise* p, int attribute, const void* value, size_t bytes) {
  return called("cublasLtMatmulPreferenceSetAttribute", [&] { return p ? promise(*p, attribute, value, bytes) : productInvalidValue; });
}
