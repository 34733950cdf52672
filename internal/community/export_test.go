package community

// Searching is as if so many searches were under way, until what is returned is called.
func (s *Service) Searching(n int) (done func()) {
	s.searching.Add(int32(n))
	return func() { s.searching.Add(int32(-n)) }
}

// AllSearching is as if as many searches were under way as go at once, until what is returned is called.
func (s *Service) AllSearching() (done func()) {
	for range cap(s.searches) {
		s.searches <- struct{}{}
	}
	return func() {
		for range cap(s.searches) {
			<-s.searches
		}
	}
}

// MostAnswering is how many of those with the most words in the title are read to answer a question.
const MostAnswering = mostAnswering
