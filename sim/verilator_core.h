// A core compiled by Verilator, as drive.cpp wants it.
//
// Macros: CORE_SOURCE, the generated header; CORE, its class; INPUT, OUTPUT and, where there is one, WEIGHTS: the
// prefixes of the streams; COUNTERS: the counters, as members of `top`. Ports of any width are little-endian words, so a beat is copied as bytes.

#include CORE_SOURCE

#include <cstdint>
#include <cstring>
#include <vector>
#include <verilated.h>

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)

class Core {
    VerilatedContext context;
    CORE top{&context};

  public:
    // A stream without a beat to offer gets a null pointer.
    void set_input(const uint8_t *beat) {
        top.JOIN(INPUT, _tvalid) = beat != nullptr;
        if (beat) std::memcpy(&top.JOIN(INPUT, _tdata), beat, BEAT_BYTES_INPUT);
    }
    bool input_ready() const { return top.JOIN(INPUT, _tready); }

#ifdef WEIGHTS
    void set_weights(const uint8_t *beat) {
        top.JOIN(WEIGHTS, _tvalid) = beat != nullptr;
        if (beat) std::memcpy(&top.JOIN(WEIGHTS, _tdata), beat, BEAT_BYTES_WEIGHTS);
    }
    bool weights_ready() const { return top.JOIN(WEIGHTS, _tready); }
#else
    void set_weights(const uint8_t *) {}
    bool weights_ready() const { return false; }
#endif

    bool output_valid() const { return top.JOIN(OUTPUT, _tvalid); }
    bool output_last() const { return top.JOIN(OUTPUT, _tlast); }
    void get_output(uint8_t *beat) const { std::memcpy(beat, &top.JOIN(OUTPUT, _tdata), BEAT_BYTES_OUTPUT); }
    bool frame_start() const { return top.frame_start; }
    bool layer_done() const { return top.layer_done; }
    std::vector<uint64_t> counters() const { return {COUNTERS}; }

    // The low phase: inputs reach every combinational output.
    void settle() {
        top.aclk = 0;
        top.eval();
    }
    void clock() {
        top.aclk = 1;
        top.eval();
    }
    void reset(int cycles) {
        top.JOIN(OUTPUT, _tready) = 1;
        top.aresetn = 0;
        for (int k = 0; k < cycles; k++) {
            settle();
            clock();
        }
        top.aresetn = 1;
    }
};
