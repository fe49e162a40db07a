// What the emulated compiler does with text.
#pragma once
#include <string>
#include <vector>

namespace emulated {

// definitions makes lines of the -D options among those of the real compiler. Of one
// that the real compiler lacks it tells the log, and returns false.
bool definitions(const std::vector<std::string>& options, std::string& to, std::string& log);

// registration is code that describes the kernels of a preprocessed source.
std::string registration(const std::string& source);

// without leaves a part out of a text wherever it is.
std::string without(std::string text, const std::string& part);

}  // namespace emulated
