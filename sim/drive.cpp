// Plays frames through a simulated core at full speed and records what came out, and when.
//
// The same program drives a core compiled by CXXRTL and by Verilator: CORE_HEADER names the header that wraps the
// compiled core as `Core` (cxxrtl_core.h, verilator_core.h). Input valid and output ready are always high; a weight
// stream, where the core has one, is fed at the same time (the core holds the frames back until it is accepted).
//
// usage: drive FRAMES OUTPUTS RECORD frames beats_in bytes_in beats_out bytes_out patience [WEIGHTS bytes_weights]
//   FRAMES   beats of all frames, bytes_in each       OUTPUTS  the core's beats, bytes_out each
//   RECORD   lists of 64-bit words (their count first): cycle of each frame's first input beat, cycle of each frame's
//            last output beat, cycles of frame_start, cycles of layer_done, {cycles run, nanoseconds of processor time},
//            what the core's counters read at the end
//   patience cycles without a beat after which the core counts as stuck
// exit status: 0 done, 3 the core is stuck, 4 tlast at the wrong beat, 5 a loop, 6 a bad image; stdout: "progress FRAMES_DONE" now and then

#include CORE_HEADER

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <vector>

namespace {

constexpr int RESET_CYCLES = 16;
constexpr int EXIT_USAGE = 2, EXIT_STUCK = 3, EXIT_TLAST = 4;

using Bytes = std::vector<uint8_t>;
using Cycles = std::vector<uint64_t>;

Bytes read_file(const char *name) {
    std::ifstream file(name, std::ios::binary);
    if (!file) {
        std::fprintf(stderr, "cannot read %s\n", name);
        std::exit(EXIT_USAGE);
    }
    return Bytes(std::istreambuf_iterator<char>(file), {});
}

// A stream that has a beat to offer until it ends.
struct Source {
    Bytes bytes;
    size_t beat_bytes;
    size_t next = 0;

    const uint8_t *beat() const { return next < bytes.size() ? &bytes[next] : nullptr; }
    void take() { next += beat_bytes; }
};

void write_list(std::ofstream &file, const Cycles &list) {
    const uint64_t count = list.size();
    file.write(reinterpret_cast<const char *>(&count), sizeof count);
    file.write(reinterpret_cast<const char *>(list.data()), std::streamsize(count * sizeof(uint64_t)));
}

}  // namespace

int main(int argc, char **argv) {
    if (argc != 10 && argc != 12) {
        std::fprintf(stderr, "usage: see the head of drive.cpp\n");
        return EXIT_USAGE;
    }
    const auto number = [&](int k) { return std::strtoull(argv[k], nullptr, 10); };
    const uint64_t frames = number(4), beats_in = number(5), beats_out = number(7);
    const size_t bytes_out = number(8);
    const uint64_t patience = number(9);
    Source input{read_file(argv[1]), size_t(number(6))};
    Source weights{argc == 12 ? read_file(argv[10]) : Bytes(), argc == 12 ? size_t(number(11)) : 1};
    std::ofstream outputs(argv[2], std::ios::binary);

    Cycles first_inputs, last_outputs, frame_starts, layer_dones;
    Bytes beat(bytes_out);
    uint64_t cycle = 0, last_beat_at = 0, taken = 0, received = 0;

    Core core;
    core.reset(RESET_CYCLES);
    const std::clock_t begin = std::clock();
    int status = 0;
    while (received < frames * beats_out) {
        core.set_input(input.beat());
        core.set_weights(weights.beat());
        core.settle();
        if (weights.beat() && core.weights_ready()) {
            weights.take();
            last_beat_at = cycle;
        }
        if (input.beat() && core.input_ready()) {
            if (taken++ % beats_in == 0) first_inputs.push_back(cycle);
            input.take();
            last_beat_at = cycle;
        }
        if (core.frame_start()) frame_starts.push_back(cycle);
        if (core.layer_done()) layer_dones.push_back(cycle);
        if (core.output_valid()) {
            core.get_output(beat.data());
            outputs.write(reinterpret_cast<const char *>(beat.data()), std::streamsize(bytes_out));
            last_beat_at = cycle;
            const bool last = ++received % beats_out == 0;
            if (core.output_last() != last) {
                std::fprintf(stderr, "tlast is %d at beat %llu of %llu of frame %llu\n", int(!last),
                             (unsigned long long)((received - 1) % beats_out), (unsigned long long)beats_out,
                             (unsigned long long)((received - 1) / beats_out));
                status = EXIT_TLAST;
                break;
            }
            if (last) {
                last_outputs.push_back(cycle);
                std::printf("progress %zu\n", last_outputs.size());
                std::fflush(stdout);
            }
        }
        if (cycle - last_beat_at > patience) {
            std::fprintf(stderr, "no beat for %llu cycles after %llu input beats and %llu output beats\n",
                         (unsigned long long)patience, (unsigned long long)taken, (unsigned long long)received);
            status = EXIT_STUCK;
            break;
        }
        core.clock();
        cycle++;
    }
    // Processor time: what else the machine does meanwhile says nothing about the simulator.
    const uint64_t nanoseconds = uint64_t(double(std::clock() - begin) / CLOCKS_PER_SEC * 1e9);
    core.settle();
    std::ofstream record(argv[3], std::ios::binary);
    for (const Cycles &list : {first_inputs, last_outputs, frame_starts, layer_dones, Cycles{cycle, nanoseconds},
                               core.counters()})
        write_list(record, list);
    return status;
}
