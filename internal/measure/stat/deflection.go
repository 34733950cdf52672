package stat

// Deflection estimates how many contacts a community or a help centre saved, in contacts:
//
//	D = V · p(came for support) · p(found an answer | support) · p(would have contacted us | found)
//
// from visits V, which are counted, and shares from a survey (the community practice of Khoros; the ServiceXRG form has the same shape, with
// self-help events of entitled customers, success, intent and no further help). Shares multiply, so small errors of each do too: see Product.
func Deflection(visits int, support, found, would Estimate) Estimate {
	if visits < 0 {
		return Estimate{}
	}
	return Product(Exact(float64(visits), visits), support, found, would)
}

// Holdout estimates how many contacts something saved that was shown to a random part of sessions, in contacts:
//
//	D = (c/nc − t/nt) · nt
//
// with Newcombe's interval of the difference of the two shares; see ShareDifference. Below 0 means that it made contacts.
func Holdout(controlContacts, controls, treatedContacts, treated int) Estimate {
	return ShareDifference(controlContacts, controls, treatedContacts, treated).Scale(float64(treated))
}

// Avoidance estimates D/(D + assisted), in 0 to 1: the share of all who would have contacted us that did not have to.
func Avoidance(deflected Estimate, assisted int) Estimate {
	if !deflected.Defined() || assisted < 0 || deflected.Value < 0 || deflected.Value+float64(assisted) <= 0 {
		return Estimate{}
	}
	share := func(d float64) float64 {
		if d <= 0 {
			return 0
		}
		return d / (d + float64(assisted))
	}
	e := deflected
	e.Value, e.Low, e.High = share(deflected.Value), share(deflected.Low), share(deflected.High) // rises with D
	return e
}
