internal import CLanes

/// Eight floats, one register of AVX2 or two of NEON.
typealias Lanes = SIMD8<Float>

/// Calls `body` with each offset and how many floats there are from it: 8, and the rest at the end.
///
/// `body` is there twice, so that the full width has no branch for the rest. Where it is large, it
/// is a local function marked `@_transparent`: a closure of that size is called and not inlined,
/// and a call passes registers in halves (the exponential: 2 ns an element beside 0.4).
@_transparent
func forLanes(_ count: Int, _ body: (_ offset: Int, _ width: Int) -> Void) {
  var offset = 0
  while offset &+ 8 <= count {
    body(offset, 8)
    offset &+= 8
  }
  if offset < count { body(offset, count &- offset) }
}

extension SIMD8<Float> {
  /// Loads `width` floats; the lanes behind them hold `fill`.
  @inline(__always)
  init(_ from: UnsafePointer<Float>, _ width: Int, fill: Float = 0) {
    if width == 8 {
      self = UnsafeRawPointer(from).loadUnaligned(as: Lanes.self)
    } else {
      self = Lanes.rest(from, width, fill)
    }
  }

  /// Stores the first `width` lanes.
  @inline(__always)
  func store(_ to: UnsafeMutablePointer<Float>, _ width: Int) {
    if width == 8 {
      UnsafeMutableRawPointer(to).storeBytes(of: self, as: Lanes.self)
    } else {
      storeRest(to, width)
    }
  }

  /// Fewer than eight floats. Not inlined: it comes once a row, and its code would come everywhere.
  @inline(never)
  private static func rest(_ from: UnsafePointer<Float>, _ width: Int, _ fill: Float) -> Lanes {
    var lanes = Lanes(repeating: fill)
    for lane in 0..<width { lanes[lane] = from[lane] }
    return lanes
  }

  @inline(never)
  private func storeRest(_ to: UnsafeMutablePointer<Float>, _ width: Int) {
    for lane in 0..<width { to[lane] = self[lane] }
  }

  /// self + a · b, rounded once.
  @inline(__always)
  func plus(_ a: Lanes, times b: Lanes) -> Lanes { cordon_fused(a, b, self) }

  /// √self, correctly rounded.
  var root: Lanes {
    @inline(__always) get { cordon_root(self) }
  }

  /// The sum of all lanes, in a fixed order.
  var total: Float {
    @inline(__always) get {
      let four = lowHalf + highHalf
      let two = four.lowHalf + four.highHalf
      return two[0] + two[1]
    }
  }

  /// The largest lane; lanes that are no number are passed over.
  var largest: Float {
    @inline(__always) get {
      let four = lowHalf.replacing(with: highHalf, where: highHalf .> lowHalf)
      let two = four.lowHalf.replacing(with: four.highHalf, where: four.highHalf .> four.lowHalf)
      return two[1] > two[0] ? two[1] : two[0]
    }
  }
}

/// Σ a·b over `count` floats.
@inline(__always)
func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int) -> Float {
  var even = Lanes.zero
  var odd = Lanes.zero
  var offset = 0
  while offset &+ 16 <= count {
    even = even.plus(Lanes(a + offset, 8), times: Lanes(b + offset, 8))
    odd = odd.plus(Lanes(a + offset + 8, 8), times: Lanes(b + offset + 8, 8))
    offset &+= 16
  }
  forLanes(count &- offset) { more, width in
    even = even.plus(Lanes(a + offset + more, width), times: Lanes(b + offset + more, width))
  }
  return (even + odd).total
}

/// y += factor · x over `count` floats.
@inline(__always)
func addScaled(
  _ x: UnsafePointer<Float>, _ factor: Float, to y: UnsafeMutablePointer<Float>, _ count: Int
) {
  let factor = Lanes(repeating: factor)
  forLanes(count) { offset, width in
    Lanes(y + offset, width).plus(Lanes(x + offset, width), times: factor).store(y + offset, width)
  }
}

/// How many pieces of `size` cover `count`.
@inline(__always)
func pieces(_ count: Int, of size: Int) -> Int { (count + size - 1) / size }

/// Piece `index` of `count` things in pieces of `size`.
@inline(__always)
func piece(_ index: Int, of size: Int, in count: Int) -> Range<Int> {
  let first = index * size
  return first..<min(first + size, count)
}
