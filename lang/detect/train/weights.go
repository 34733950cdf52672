package train

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"

	"github.com/entente/entente/lang"
	"github.com/entente/entente/lang/internal/packed"
)

const columns = 16 // of the file

// relative gives the weights as they are written: the last Latin language has none.
func (m *model) relative() []float32 {
	out := make([]float32, columns*lang.FeatureRows)
	for g := range lang.FeatureRows {
		last := m.w[g*width+width-1]
		for j := range columns {
			out[g*columns+j] = m.w[g*width+j] - last
		}
	}
	return out
}

// scale is the size of one quantised step: 127 of them reach all but the largest weights, which are cut.
func scale(w []float32) float32 {
	abs := make([]float32, len(w))
	for i, x := range w {
		abs[i] = max(x, -x)
	}
	slices.Sort(abs)
	return abs[len(abs)-1-len(abs)/5000] / 127
}

// bytes gives the file that lang.NewDetector reads.
func (m *model) bytes() ([]byte, error) {
	var b bytes.Buffer
	for _, s := range m.scripts {
		for _, c := range s.codes {
			b.WriteString(c)
		}
	}
	w := m.relative()
	step := scale(w)
	if step == 0 {
		step = 1
	}
	head := append([]float32{step}, m.temperatures[:]...)
	for s := range m.scripts {
		head = append(head, m.bias[s][:len(m.scripts[s].codes)]...)
	}
	for _, f := range head {
		b.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(f)))
	}
	for _, x := range w {
		b.WriteByte(byte(128 + min(127, max(-127, math.RoundToEven(float64(x/step))))))
	}
	rest, err := packed.Pack(b.Bytes())
	return append([]byte{'E', 'L', 'D', '3', byte(len(m.scripts[0].codes)), byte(len(m.scripts[1].codes))}, rest...), err
}
