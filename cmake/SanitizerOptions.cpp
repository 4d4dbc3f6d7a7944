//===- SanitizerOptions.cpp - how checked programs check --------------------===//
//
// Part of every program that is built with DOTA_SANITIZE.
//
//===----------------------------------------------------------------------===//

/// LLVM's allocators mark in their headers what they have not given out. The half of
/// them inside libLLVM and libMLIR is built without the sanitizer and gives memory out
/// without taking the mark away.
extern "C" const char *__asan_default_options();
extern "C" const char *__asan_default_options() { return "allow_user_poisoning=0"; }

/// A failed assertion leaves compiled host code by a jump, and what that had allocated.
extern "C" const char *__lsan_default_suppressions();
extern "C" const char *__lsan_default_suppressions() { return "leak:mlir::dota::Jit::run\n"; }
