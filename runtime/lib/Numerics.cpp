#include "dota/runtime/Numerics.h"
