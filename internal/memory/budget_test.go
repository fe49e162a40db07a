package memory

import "testing"

func TestASettledShareLeavesTheRestToOthers(t *testing.T) {
	b := New(4 * 1000)
	first, second := b.Share(), b.Share()
	if !first.Settle(300) || second.Bytes() != 700 {
		t.Errorf("beside a share of 300 there are %d, want 700", second.Bytes())
	}
	if second.Settle(201) || second.Bytes() != 700 {
		t.Errorf("more than half has settled, or a share in vain: %d", second.Bytes())
	}
	if !second.Settle(200) {
		t.Error("half may settle")
	}
	first.Return()
	first.Return()
	second.Return()
	if third := b.Share(); third.Bytes() != 1000 {
		t.Errorf("%d were given back, want 1000", third.Bytes())
	}
}
