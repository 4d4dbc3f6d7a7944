// Reads a shipped machine through the installed package.
#include "dota/runtime/Machine.h"

int main() { return dota::Machine::load(MACHINES_DIR "/dota.toml").lanes == 4 ? 0 : 1; }
