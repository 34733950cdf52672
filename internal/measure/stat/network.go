package stat

// Tie says that one turned to another, in that direction.
type Tie struct{ From, To string }

// Network is who turned to whom among people; ties to oneself and to nobody do not count, and the same tie counts once.
type Network struct {
	people map[string]map[string]bool // to whom each turned, or who turned to them
	ties   map[Tie]bool
}

// NetworkOf gathers ties; people who turned to nobody are named apart.
func NetworkOf(ties []Tie, people ...string) Network {
	n := Network{map[string]map[string]bool{}, map[Tie]bool{}}
	add := func(who string) map[string]bool {
		if n.people[who] == nil {
			n.people[who] = map[string]bool{}
		}
		return n.people[who]
	}
	for _, p := range people {
		add(p)
	}
	for _, t := range ties {
		if t.From == t.To || t.From == "" || t.To == "" {
			continue
		}
		n.ties[t] = true
		add(t.From)[t.To], add(t.To)[t.From] = true, true
	}
	return n
}

// People is how many there are.
func (n Network) People() int { return len(n.people) }

// pairs is how many pairs of people are tied, in one direction or both.
func (n Network) pairs() int {
	sum := 0
	for _, others := range n.people {
		sum += len(others)
	}
	return sum / 2
}

// Density is 2E/(n(n−1)), in 0 to 1: the part of all pairs of people that are tied. N is the number of people. It falls as a community grows,
// because nobody knows everybody: compare it only among similar sizes. Worked out, not estimated.
func (n Network) Density() Estimate {
	k := float64(len(n.people))
	if k < 2 {
		return Estimate{N: len(n.people)}
	}
	return Exact(2*float64(n.pairs())/(k*(k-1)), len(n.people))
}

// Reciprocity is the share of tied pairs in which both turned to the other, with Wilson's interval, in 0 to 1. N is the number of pairs.
func (n Network) Reciprocity() Estimate {
	both := 0
	for t := range n.ties {
		if n.ties[Tie{t.To, t.From}] {
			both++
		}
	}
	return Share(both/2, n.pairs())
}

// Connected is the share of people with at least so many others they are tied to, with Wilson's interval, in 0 to 1.
func (n Network) Connected(least int) Estimate {
	k := 0
	for _, others := range n.people {
		if len(others) >= least {
			k++
		}
	}
	return Share(k, len(n.people))
}
