public import Streams

/// Where an item stands.
public struct ItemPlace: Sendable, Equatable, CustomStringConvertible {
  /// The file.
  public var file: String
  /// The record in it, from 0, over lines that are not empty.
  public var row: Int

  /// A place.
  public init(file: String, row: Int) { (self.file, self.row) = (file, row) }

  /// `FILE, record N`.
  public var description: String { "\(file), record \(row)" }
}

/// A record that cannot be read, or is no item.
public struct ItemError: CordonError, Equatable {
  /// Where it stands.
  public let place: ItemPlace
  /// What is wrong with it.
  public let why: String

  /// An error at a place.
  public init(_ place: ItemPlace, why: String) { (self.place, self.why) = (place, why) }

  /// The input is wrong.
  public var consequence: Consequence { .input }

  /// Place and reason.
  public var description: String { "\(place): \(why)" }
}
