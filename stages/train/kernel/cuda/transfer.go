package cuda

import (
	"fmt"

	"github.com/clinflow/clinflow/stages/train/kernel"
)

// pieceElements is how much is converted at a time: half of the staging memory, and
// as much scratch memory on the device.
const pieceElements = stagingBytes / 8

// Upload converts src to dst's type. It begins the copies and does not wait, but for
// what failed before, which it returns.
func (d *device) Upload(dst kernel.Buffer, src kernel.Host) error {
	b := dst.(*buffer)
	switch {
	case b.n != src.Len():
		return fmt.Errorf("upload of %d elements into %d", src.Len(), b.n)
	case (b.dtype == kernel.I32) != (src.DType == kernel.I32):
		return fmt.Errorf("upload of %v into %v", src.DType, b.dtype)
	}
	d.enter()
	defer d.context.Leave()
	if d.err != nil {
		return d.sync()
	}
	size := src.DType.Size()
	for lo := 0; lo < b.n; lo += pieceElements {
		hi := min(b.n, lo+pieceElements)
		if err := d.uploadPiece(b.after(lo), kernel.Host{DType: src.DType, Bytes: src.Bytes[lo*size : hi*size]}); err != nil {
			return err
		}
	}
	return nil
}

// uploadPiece copies src to the beginning of to, by way of scratch memory where the
// device is to convert it. float64 is rounded here: only small inputs have it.
func (d *device) uploadPiece(to *buffer, src kernel.Host) error {
	n, dtype := src.Len(), src.DType
	if dtype == kernel.F64 {
		dtype = kernel.F32
	}
	stage, err := d.staging.take(n * dtype.Size())
	if err != nil {
		return err
	}
	if src.DType == kernel.F64 {
		convert(kernel.Host{DType: dtype, Bytes: stage}, src)
	} else {
		copy(stage, src.Bytes)
	}
	if dtype == to.dtype {
		return d.stream.Upload(to.at, stage)
	}
	raw := d.scratchOf(pieceElements * 8)
	if err := d.stream.Upload(raw, stage); err != nil {
		return err
	}
	d.kernel(conversion(to.dtype == d.float, dtype)).pointer(to.at).pointer(raw).long(n).over(n)
	return d.err
}

// conversion names the kernel of source/convert.cu.
func conversion(real bool, from kernel.DType) string {
	to := "master"
	if real {
		to = "real"
	}
	return to + "_from_" + map[kernel.DType]string{kernel.F16: "f16", kernel.BF16: "bf16", kernel.F32: "f32"}[from]
}

// convert is src in the type of to, F32 or F64.
func convert(to, src kernel.Host) {
	for i := range src.Len() {
		to.SetFloat(i, src.Float(i))
	}
}

// Download converts src to dst's type and waits for the device.
func (d *device) Download(dst kernel.Host, src kernel.Buffer) error {
	b := src.(*buffer)
	switch {
	case dst.Len() != b.n:
		return fmt.Errorf("download of %d elements into %d", b.n, dst.Len())
	case b.dtype == kernel.I32 || dst.DType != kernel.F32 && dst.DType != kernel.F64:
		return fmt.Errorf("download of %v into %v", b.dtype, dst.DType)
	}
	d.enter()
	defer d.context.Leave()
	size := dst.DType.Size()
	for lo := 0; ; lo += pieceElements { // once where there is nothing: it waits
		hi := min(b.n, lo+pieceElements)
		if err := d.downloadPiece(kernel.Host{DType: dst.DType, Bytes: dst.Bytes[lo*size : hi*size]}, b.after(lo)); err != nil {
			return err
		}
		if hi == b.n {
			return nil
		}
	}
}

func (d *device) downloadPiece(dst kernel.Host, from *buffer) error {
	stage, err := d.staging.take(dst.Len() * from.dtype.Size())
	if err != nil {
		return err
	}
	if len(stage) > 0 {
		d.fail("copy from the device", d.stream.Download(stage, from.at))
	}
	if err := d.sync(); err != nil {
		return err
	}
	got := kernel.Host{DType: from.dtype, Bytes: stage}
	if dst.DType == got.DType {
		copy(dst.Bytes, stage)
		return nil
	}
	convert(dst, got)
	return nil
}
