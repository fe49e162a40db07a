// How a module describes its kernels to the device.
#pragma once
#include <type_traits>
#include <utility>

#include "runtime.h"

namespace emulated {

template <auto f, class F = decltype(f)>
struct Described;

template <auto f, class... A>
struct Described<f, void (*)(A...)> {
  static constexpr Argument arguments[] = {{sizeof(A), std::is_pointer<A>::value}..., {0, false}};

  template <std::size_t... i>
  static void spread(void* const* p, std::index_sequence<i...>) {
    f(*static_cast<A*>(p[i])...);
  }

  static void call(void* const* p) { spread(p, std::index_sequence_for<A...>()); }

  static Kernel as(const char* name) { return {name, call, arguments, sizeof...(A)}; }
};

}  // namespace emulated
