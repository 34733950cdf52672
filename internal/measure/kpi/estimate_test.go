package kpi

import "time"

func facts(part string, n int) Fact { return Fact{Part: part, N: n} }

func near(got, want float64) bool { d := got - want; return d < 5e-5 && d > -5e-5 }

func waited(hours float64, open bool) Fact {
	return Fact{N: 1, For: time.Duration(hours * float64(time.Hour)), Open: open}
}
