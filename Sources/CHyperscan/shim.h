// Vectorscan replaces Hyperscan on aarch64 with the same header and pkg-config name.
#pragma once
#include <hs/hs.h>
