// Rounds by the runtime's rule through the installed package.
#include "dota/runtime/Numerics.h"

int main() { return 0; }
