package train

// f1 is the F1 of the positive class, where one that is positive counts weight.
func f1(yes, said []bool, weight float64) float64 {
	var tp, fp, fn float64
	for i := range yes {
		switch {
		case yes[i] && said[i]:
			tp += weight
		case said[i]:
			fp++
		case yes[i]:
			fn += weight
		}
	}
	if tp == 0 {
		return 0
	}
	return 2 * tp / (2*tp + fp + fn)
}

// bothF1 is the mean of the F1 of yes and of no.
func bothF1(yes, said []bool, weight float64) float64 {
	notYes, notSaid := make([]bool, len(yes)), make([]bool, len(said))
	for i := range yes {
		notYes[i], notSaid[i] = !yes[i], !said[i]
	}
	return (f1(yes, said, weight) + f1(notYes, notSaid, 1/weight)) / 2
}

// recall is the share of those that are which was said to be.
func recall(yes, said []bool, _ float64) float64 {
	var n, right float64
	for i := range yes {
		if yes[i] {
			n++
			if said[i] {
				right++
			}
		}
	}
	return right / max(n, 1)
}

// confusion counts what was so (rows) and what was said (columns).
func confusion(n int, so, said []int) [][]float64 {
	m := make([][]float64, n)
	for i := range m {
		m[i] = make([]float64, n)
	}
	for i := range so {
		m[so[i]][said[i]]++
	}
	return m
}

// macroF1 is the mean F1 over the classes of a confusion matrix.
func macroF1(m [][]float64) float64 {
	sum := 0.0
	for k := range m {
		var row, col float64
		for j := range m {
			row += m[k][j]
			col += m[j][k]
		}
		if row+col > 0 {
			sum += 2 * m[k][k] / (row + col)
		}
	}
	return sum / float64(len(m))
}

// macroRecall is the mean recall over the classes of a confusion matrix.
func macroRecall(m [][]float64) float64 {
	sum := 0.0
	for k := range m {
		row := 0.0
		for j := range m {
			row += m[k][j]
		}
		if row > 0 {
			sum += m[k][k] / row
		}
	}
	return sum / float64(len(m))
}
