package org

// Swift hashes passwords in a hundredth of the time, for tests that are not about how long that takes.
func Swift() Option { return func(s *Service) { s.vault = newVault(64) } }
