/// What a hazard is about.
public enum HazardArea: String, CaseIterable, Sendable {
  /// Chemical weapons and toxic industrial chemicals.
  case chemical
  /// Pathogens and toxins of living things.
  case biological
  /// Radiological and nuclear weapons and materials.
  case radiologicalNuclear = "radiological-nuclear"
  /// Attacks on computers and networks.
  case cyber
  /// Manipulation of people at scale.
  case persuasion
  /// Research that speeds the building of AI itself.
  case aiResearch = "ai-research"
  /// Deceiving the people who oversee a model.
  case deception
  /// A model that copies itself or gathers resources.
  case selfReplication = "self-replication"
  /// Models that act together against their overseers.
  case collusion
}

/// How grave a hazard is; a plan may choose the action by it.
public enum HazardLevel: String, CaseIterable, Sendable {
  /// Grave: the knowledge itself does harm.
  case red
  /// Serious: worth keeping apart until someone has looked.
  case yellow
  /// Worth a note: names and mentions.
  case green
}
