// The elementary functions, eight at a time, without a table or a call. They give the same bits on
// every machine that has fused multiply-add. What is not a number stays so.

/// e^x, within 2 ulp; 0 below -87.336 (where the result would be subnormal), infinite above
/// 88.37.
///
/// Source: the reduction and polynomial of `expf` in Cephes (Moshier 1992).
@_transparent
func exponential(_ x: Lanes) -> Lanes {
  let high = x.replacing(with: Lanes(repeating: 88.4), where: x .> 88.4)
  let bounded = high.replacing(with: Lanes(repeating: -87.4), where: high .< -87.4)
  // Adding 1.5 * 2^23 rounds to the nearest integer, which then stands in the low bits.
  let magic = Lanes(repeating: 12_582_912)
  let shifted = magic.plus(bounded, times: Lanes(repeating: 1.442_695_04))
  let power = shifted - magic
  var rest = bounded.plus(power, times: Lanes(repeating: -0.693_359_375))
  rest = rest.plus(power, times: Lanes(repeating: 2.121_944_4e-4))
  var series = Lanes(repeating: 1.398_199_950_7e-3)
    .plus(rest, times: Lanes(repeating: 1.987_569_15e-4))
  series = Lanes(repeating: 8.333_451_907_3e-3).plus(series, times: rest)
  series = Lanes(repeating: 4.166_579_589_4e-2).plus(series, times: rest)
  series = Lanes(repeating: 1.666_666_545_9e-1).plus(series, times: rest)
  series = Lanes(repeating: 5.000_000_120_1e-1).plus(series, times: rest)
  let value = (rest + 1).plus(series * rest, times: rest)
  let exponent = (unsafeBitCast(shifted, to: SIMD8<UInt32>.self) &<< 23) &+ (127 << 23)
  let result = value * unsafeBitCast(exponent, to: Lanes.self)
  return result.replacing(with: Lanes.zero, where: x .< -87.336_54)
}

/// 1 / (1 + e^-x), within 4 ulp.
@_transparent
func sigmoid(_ x: Lanes) -> Lanes {
  1 / (1 + exponential(-x))
}

/// The standard normal distribution Φ(x) = (1 + erf(x / √2)) / 2.
///
/// Absolute error at most 2e-7, relative error at most 2e-6 from -6 upwards.
///
/// Source: erfc as in Numerical Recipes 6.2 (`erfcc`, relative error 1.2e-7).
@_transparent
func normalDistribution(_ x: Lanes) -> Lanes {
  let scaled = x * 0.707_106_781
  let size = scaled.replacing(with: -scaled, where: scaled .< 0)
  let t = 1 / Lanes(repeating: 1).plus(size, times: Lanes(repeating: 0.5))
  var series = Lanes(repeating: -0.822_152_23).plus(t, times: Lanes(repeating: 0.170_872_77))
  series = Lanes(repeating: 1.488_515_87).plus(series, times: t)
  series = Lanes(repeating: -1.135_203_98).plus(series, times: t)
  series = Lanes(repeating: 0.278_868_07).plus(series, times: t)
  series = Lanes(repeating: -0.186_288_06).plus(series, times: t)
  series = Lanes(repeating: 0.096_784_18).plus(series, times: t)
  series = Lanes(repeating: 0.374_091_96).plus(series, times: t)
  series = Lanes(repeating: 1.000_023_68).plus(series, times: t)
  series = Lanes(repeating: -1.265_512_23).plus(series, times: t)
  // scaled² = x² / 2, without a second rounding.
  let tail = 0.5 * t * exponential(series.plus(x * -0.5, times: x))
  return tail.replacing(with: 1 - tail, where: scaled .> 0)
}
