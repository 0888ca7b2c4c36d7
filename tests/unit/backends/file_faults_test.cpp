// SPDX-License-Identifier: Apache-2.0
// The replaced fsync and pwrite, in this test program too.
#include "../os/faults_test.cpp"
