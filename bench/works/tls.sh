#!/usr/bin/env bash
# What TLS costs a request and a reading, over connections that stay open: each with TLS beside itself in plain text.
# Sourced by compare.sh.

work_tls_single() {
  in_turns tls-single 1 64 10000 sluice-tls sluice nginx-tls nginx victoria-metrics-tls victoria-metrics
}

work_tls_batch() {
  in_turns tls-batch 1000 8 10000 sluice-tls sluice victoria-metrics-tls victoria-metrics
}
