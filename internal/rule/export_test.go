package rule

import "time"

// Break makes f be asked after each step, so that a test can break off there.
func (s *Service) Break(f func(step string) error) { s.hook = f }

// Waits is waits.
func Waits(began, now time.Time, atLeast time.Duration, said ...int) []time.Time {
	var list []turn
	for _, n := range said { // minutes since began; below zero ours
		t := turn{at: began.Add(time.Duration(n) * time.Minute)}
		if n < 0 {
			t = turn{at: began.Add(time.Duration(-n) * time.Minute), ours: true}
		}
		list = append(list, t)
	}
	return waits(list, nil, began, now, atLeast)
}
