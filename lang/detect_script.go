package lang

// letters counts the letters of each script that tells something about a language.
type letters struct {
	latin, vietnamese                      int
	cyrillic, ukrainian, belarusian        int
	serbian, macedonian                    int
	arabic, arabicOnly, persian, urdu      int
	han, kana, hangul, greek, hebrew, thai int
	other                                  int
	otherCode                              string
}

// script gives the language when the script tells it, or the script ('l' or 'c') whose words must tell it. Where few
// letters leave it open, prior decides.
func (l *letters) script(prior string) (code string, p float64, script byte) {
	east := 3 * (l.han + l.kana) // one character there is worth several letters
	best := max(l.latin, l.cyrillic, l.arabic, east, 2*l.hangul, l.greek, l.hebrew, l.thai, l.other)
	all := l.latin + l.cyrillic + l.arabic + east + 2*l.hangul + l.greek + l.hebrew + l.thai + l.other
	if best < 2 {
		return "", 0, 0
	}
	p = float64(best) / float64(all)
	share := func(part, of int) bool { return 50*part >= of } // 2 % of the letters
	switch best {
	case l.latin:
		if l.vietnamese > 1 && 20*l.vietnamese >= l.latin {
			return "vi", p, 0
		}
		return "", 0, 'l'
	case l.cyrillic:
		switch {
		case l.macedonian > 0 && share(l.macedonian, best) || l.macedonian > 0 && l.serbian > 0:
			return "mk", p, 0
		case share(l.serbian, best) && l.serbian > 0:
			return "sr", p, 0
		case l.belarusian > 0:
			return "be", p, 0
		case l.ukrainian > 0 && share(l.ukrainian, best):
			return "uk", p, 0
		}
		return "", 0, 'c'
	case l.arabic:
		switch {
		case l.urdu > 0 && share(l.urdu, best) && l.urdu >= l.arabicOnly:
			return "ur", p, 0
		case l.persian > 0 && share(l.persian, best) && l.persian >= l.arabicOnly:
			return "fa", p, 0 // Arabic has these letters too, in dialects and from Persian keyboards
		case (prior == "fa" || prior == "ur") && best < 20 && l.arabicOnly == 0:
			return prior, p / 2, 0
		}
		return "ar", p, 0
	case east:
		if 10*l.kana >= l.han || prior == "ja" && l.han < 10 {
			return "ja", p, 0
		}
		return "zh", p, 0
	case 2 * l.hangul:
		return "ko", p, 0
	case l.greek:
		return "el", p, 0
	case l.hebrew:
		return "he", p, 0
	case l.thai:
		return "th", p, 0
	}
	if l.otherCode == "" {
		return "", 0, 0
	}
	return l.otherCode, p, 0
}

// count counts a letter that is not ASCII, in lower case, and says whether it is neither Latin nor Cyrillic.
func (l *letters) count(r rune) (apart bool) {
	switch {
	case r < 0x250:
		l.latin++
		if r == 'ơ' || r == 'ư' {
			l.vietnamese++
		}
		return false
	case r < 0x370:
		return false
	case r < 0x400:
		l.greek++
	case r < 0x530:
		l.cyrillic++
		switch r {
		case 'і', 'ї', 'є', 'ґ':
			l.ukrainian++
		case 'ў':
			l.belarusian++
		case 'ђ', 'ћ', 'ј', 'љ', 'њ', 'џ':
			l.serbian++
		case 'ѓ', 'ќ', 'ѕ':
			l.macedonian++
		}
		return false
	case r < 0x590:
		l.named("hy")
	case r < 0x600:
		l.hebrew++
	case r < 0x700 || r >= 0x750 && r < 0x780:
		l.arabic++
		switch r {
		case 'پ', 'چ', 'ژ', 'گ', 'ک', 'ی':
			l.persian++
		case 'ة', 'ى', 'إ', 'ي', 'ك':
			l.arabicOnly++
		case 'ٹ', 'ڈ', 'ڑ', 'ے', 'ں', 'ہ':
			l.urdu++
		}
	case r < 0x900:
		l.named("")
	case r < 0xe00:
		l.named([...]string{"hi", "bn", "pa", "gu", "or", "ta", "te", "kn", "ml", "si"}[(r-0x900)>>7])
	case r < 0xe80:
		l.thai++
	case r < 0xf00:
		l.named("lo")
	case r < 0x1000:
		l.named("bo")
	case r < 0x10a0:
		l.named("my")
	case r < 0x1100 || r >= 0x1c90 && r < 0x1cc0:
		l.named("ka")
	case r < 0x1200 || r >= 0xac00 && r < 0xd7b0:
		l.hangul++
	case r < 0x1380:
		l.named("am")
	case r >= 0x1780 && r < 0x1800:
		l.named("km")
	case r >= 0x1e00 && r < 0x1f00:
		l.latin++
		if r >= 0x1ea0 && r <= 0x1ef9 {
			l.vietnamese++
		}
		return false
	case r >= 0x1f00 && r < 0x2000:
		l.greek++
	case r >= 0x3040 && r < 0x3100:
		l.kana++
	case r >= 0x3400 && r < 0xa000 || r >= 0x20000 && r < 0x30000:
		l.han++
	default:
		l.named("")
	}
	return true
}

func (l *letters) named(code string) {
	l.other++
	if code != "" {
		l.otherCode = code
	}
}
