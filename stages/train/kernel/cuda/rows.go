package cuda

import "github.com/clinflow/clinflow/stages/train/kernel"

// The kernels are in source/lookup.cu, rmsnorm.cu, layernorm.cu, rope.cu and lstm.cu.

// Gather is y[i,:] = table[ids[i],:].
func (d *device) Gather(y, table, ids kernel.Buffer, rows, cols int) {
	d.enter()
	defer d.context.Leave()
	d.kernel("gather").buffers(y, table, ids).int(cols).int(table.Len()/cols).pointer(d.failure).grid(rows, 1, 1, threads)
}

// ScatterAdd is dtable[ids[i],:] += dy[i,:].
func (d *device) ScatterAdd(dtable, dy, ids kernel.Buffer, rows, cols int) {
	d.enter()
	defer d.context.Leave()
	name := "scatter_add"
	if dtable.DType() != d.float {
		name = "scatter_add_master"
	}
	d.kernel(name).buffers(dtable, dy, ids).int(rows).int(cols).int(dtable.Len()/cols).pointer(d.failure).grid(rows, 1, 1, threads)
}

// RMSNorm is y = x·rstd·w.
func (d *device) RMSNorm(y, rstd, x, w kernel.Buffer, n kernel.Norm) {
	d.enter()
	defer d.context.Leave()
	d.kernel("rmsnorm").buffers(y, rstd, x, w).int(n.Cols).float(n.Eps).grid(n.Rows, 1, 1, threads)
}

// RMSNormBack is the gradient of RMSNorm.
func (d *device) RMSNormBack(dx, dw, dy, x, w, rstd kernel.Buffer, n kernel.Norm, acc bool) {
	d.enter()
	defer d.context.Leave()
	if dw != nil {
		d.kernel("rmsnorm_weight").buffers(dw, dy, x, rstd).int(n.Rows).int(n.Cols).launch(columns(n.Cols))
	}
	if dx != nil {
		d.kernel("rmsnorm_back").buffers(dx, dy, x, w, rstd).int(n.Cols).flag(acc).grid(n.Rows, 1, 1, threads)
	}
}

// LayerNorm is y = (x - mean)·rstd·w + bias.
func (d *device) LayerNorm(y, mean, rstd, x, w, bias kernel.Buffer, n kernel.Norm) {
	d.enter()
	defer d.context.Leave()
	d.kernel("layernorm").buffers(y, mean, rstd, x, w, bias).int(n.Cols).float(n.Eps).grid(n.Rows, 1, 1, threads)
}

// LayerNormBack is the gradient of LayerNorm.
func (d *device) LayerNormBack(dx, dw, dbias, dy, x, w, mean, rstd kernel.Buffer, n kernel.Norm, acc bool) {
	d.enter()
	defer d.context.Leave()
	if dw != nil {
		d.kernel("layernorm_weight").buffers(dw, dy, x, mean, rstd).int(n.Rows).int(n.Cols).launch(columns(n.Cols))
	}
	if dbias != nil {
		d.SumRows(dbias, dy, n.Rows)
	}
	if dx != nil {
		d.kernel("layernorm_back").buffers(dx, dy, x, w, mean, rstd).int(n.Cols).flag(acc).grid(n.Rows, 1, 1, threads)
	}
}

// Rope turns the pairs (i, i+dim/2) of every head.
func (d *device) Rope(y, x, cos, sin kernel.Buffer, r kernel.Rope) {
	d.enter()
	defer d.context.Leave()
	d.kernel("rope").buffers(y, x, cos, sin).int(r.Seq).int(r.Heads).int(r.Dim/2).flag(r.Inverse).grid(r.Rows, 1, 1, threads)
}

// LSTMCell is one step of an LSTM.
func (d *device) LSTMCell(h, c, gates, before kernel.Buffer) {
	d.enter()
	defer d.context.Leave()
	d.kernel("lstm_cell").buffers(h, c, gates, before).long(h.Len()).over(h.Len())
}

// LSTMCellBack is the gradient of LSTMCell.
func (d *device) LSTMCellBack(dgates, dc, dh, gates, c, before kernel.Buffer) {
	d.enter()
	defer d.context.Leave()
	d.kernel("lstm_cell_back").buffers(dgates, dc, dh, gates, c, before).long(dh.Len()).over(dh.Len())
}
