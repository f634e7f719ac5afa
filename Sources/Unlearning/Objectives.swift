/// The objectives that there are.
public enum Objectives {
  /// Every objective, those that forget before those that retain; one file each in `Objectives/`.
  public static let all: [any Objective.Type] = [
    GradientAscent.self, NPO.self, SimNPO.self, DPO.self, UNDIAL.self, CEU.self, WGA.self,
    SatImp.self, Flattening.self, MaximumEntropy.self, RMU.self, Rerouting.self,
    Refusal.self, TaskVector.self,
    LikelihoodRetention.self, DivergenceRetention.self, HiddenRetention.self,
  ]
}
