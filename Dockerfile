# The binary in a container, for Kubernetes: docs/airflow.md says how it is used.
#
#   docker build -t clinflow .
#   docker build -t clinflow-gpu --target gpu .
#
# The first has no C library and runs everything but a GPU. The second has NVIDIA's cuBLAS
# and NVRTC, which are found at run time; the driver comes from the machine.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ENV CGO_ENABLED=0
RUN go build -tags static -trimpath -ldflags "-s -w" -o /out/clinflow ./cmd/clinflow
RUN go build -trimpath -ldflags "-s -w" -o /out/clinflow-gpu ./cmd/clinflow

FROM nvidia/cuda:12.9.1-runtime-ubuntu24.04 AS gpu
COPY --from=build /out/clinflow-gpu /usr/local/bin/clinflow
RUN useradd --uid 65532 --create-home nonroot
USER 65532:65532
ENV HOME=/home/nonroot
WORKDIR /home/nonroot
ENTRYPOINT ["/usr/local/bin/clinflow"]

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/clinflow /usr/local/bin/clinflow
USER 65532:65532
ENV HOME=/home/nonroot
WORKDIR /home/nonroot
ENTRYPOINT ["/usr/local/bin/clinflow"]
