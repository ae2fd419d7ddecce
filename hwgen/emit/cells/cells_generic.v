// Cells of a hwgen core, inferred: simulation takes this file, and a family takes from it what its own file leaves out.
// Rising edges only, no resets. Reading an address in the cycle in which it is written gives an unspecified word.
// Without an INIT file a memory starts as zeros in simulation and, in hardware, as what the device's configuration
// leaves there (zeros in block RAM): zeros spelt out cost Yosys minutes in a large memory.
// verilator lint_off DECLFILENAME

// The ram_style of memories made of LUTs; a family without them says "auto" before.
`ifndef HWGEN_DISTRIBUTED
`define HWGEN_DISTRIBUTED "distributed"
`endif

// Read-only memory, latency 2: array, output register. As logic: address register, LUTs and a register behind them.
module hwgen_rom #(
    parameter WIDTH = 8,
    parameter DEPTH = 2,
    parameter ADDR_BITS = 1,
    parameter INIT = "",        // .mem file of hexadecimal words; empty: zeros
    parameter STYLE = "auto"    // auto, block, distributed or logic
) (
    input  wire                 clk,
    input  wire [ADDR_BITS-1:0] addr,
    output reg  [WIDTH-1:0]     data
);
    // A small ROM is plain logic for Yosys, which keeps "distributed" for the LUTs that can be written.
    // verilator lint_off UNUSEDPARAM,WIDTHEXPAND
    localparam KIND = (STYLE == "distributed") ? "logic" : STYLE;
    localparam IN_PARTS = (STYLE == "logic");
    // verilator lint_on UNUSEDPARAM,WIDTHEXPAND
    (* ram_style = KIND, hwgen_image = INIT *)
    reg [WIDTH-1:0] mem [0:DEPTH-1];

    generate
        if (INIT != "") begin : image
`ifndef HWGEN_IMAGES_AT_RUN_TIME
            initial $readmemh(INIT, mem);
`endif
        end
`ifndef SYNTHESIS
        else begin : zeros
            integer i;
            initial for (i = 0; i < DEPTH; i = i + 1) mem[i] = {WIDTH{1'b0}};
        end
`endif
    endgenerate

    // An address bit of a deep ROM goes to many LUTs: every PART bits of the word have a copy of it beside them.
    localparam PART = 12;
    generate
        if (IN_PARTS) begin : parts
            genvar n;
            for (n = 0; n < WIDTH; n = n + PART) begin : part
                localparam BITS = (WIDTH - n < PART) ? WIDTH - n : PART;
                wire [ADDR_BITS-1:0] at;
                hwgen_copy #(.WIDTH(ADDR_BITS)) near (.clk(clk), .d(addr), .q(at));
                always @(posedge clk) data[n +: BITS] <= mem[at][n +: BITS];
            end
        end else begin : whole
            reg [WIDTH-1:0] word;
            always @(posedge clk) begin
                word <= mem[addr];
                data <= word;
            end
        end
    endgenerate
endmodule

// One write and one read port, read latency 2: array, output register.
module hwgen_ram #(
    parameter WIDTH = 8,
    parameter DEPTH = 2,
    parameter ADDR_BITS = 1,
    parameter INIT = "",
    parameter STYLE = "auto"
) (
    input  wire                 clk,
    input  wire [ADDR_BITS-1:0] raddr,
    output reg  [WIDTH-1:0]     rdata,
    input  wire                 wen,
    input  wire [ADDR_BITS-1:0] waddr,
    input  wire [WIDTH-1:0]     wdata
);
    // verilator lint_off UNUSEDPARAM,WIDTHEXPAND
    localparam KIND = (STYLE == "distributed") ? `HWGEN_DISTRIBUTED : STYLE;
    // verilator lint_on UNUSEDPARAM,WIDTHEXPAND
    (* ram_style = KIND, hwgen_image = INIT, no_rw_check *)
    reg [WIDTH-1:0] mem [0:DEPTH-1];
    reg [WIDTH-1:0] word;

    generate
        if (INIT != "") begin : image
`ifndef HWGEN_IMAGES_AT_RUN_TIME
            initial $readmemh(INIT, mem);
`endif
        end
`ifndef SYNTHESIS
        else begin : zeros
            integer i;
            initial for (i = 0; i < DEPTH; i = i + 1) mem[i] = {WIDTH{1'b0}};
        end
`endif
    endgenerate

    always @(posedge clk) begin
        if (wen) mem[waddr] <= wdata;
        word  <= mem[raddr];
        rdata <= word;
    end
endmodule

// The same with a write enable per unit; wdata goes to every enabled unit of the word.
module hwgen_ram_be #(
    parameter UNIT = 8,
    parameter UNITS = 2,
    parameter DEPTH = 2,
    parameter ADDR_BITS = 1,
    parameter STYLE = "auto"
) (
    input  wire                  clk,
    input  wire [ADDR_BITS-1:0]  raddr,
    output reg  [UNIT*UNITS-1:0] rdata,
    input  wire [UNITS-1:0]      wen,
    input  wire [ADDR_BITS-1:0]  waddr,
    input  wire [UNIT-1:0]       wdata
);
    // verilator lint_off UNUSEDPARAM,WIDTHEXPAND
    localparam KIND = (STYLE == "distributed") ? `HWGEN_DISTRIBUTED : STYLE;
    // verilator lint_on UNUSEDPARAM,WIDTHEXPAND
    (* ram_style = KIND, no_rw_check *)
    reg [UNIT*UNITS-1:0] mem [0:DEPTH-1];
    reg [UNIT*UNITS-1:0] word;
    integer u;

`ifndef SYNTHESIS
    integer i;
    initial for (i = 0; i < DEPTH; i = i + 1) mem[i] = {UNIT*UNITS{1'b0}};
`endif

    always @(posedge clk) begin
        for (u = 0; u < UNITS; u = u + 1)
            if (wen[u]) mem[waddr][u*UNIT +: UNIT] <= wdata;
        word  <= mem[raddr];
        rdata <= word;
    end
endmodule

// One write and one read port, read latency 1 where ren is high, else the word before: queues and accumulators of many
// rows.
module hwgen_queue_ram #(
    parameter WIDTH = 8,
    parameter DEPTH = 2,
    parameter ADDR_BITS = 1,
    parameter STYLE = "auto"
) (
    input  wire                 clk,
    input  wire                 ren,
    input  wire [ADDR_BITS-1:0] raddr,
    output reg  [WIDTH-1:0]     rdata,
    input  wire                 wen,
    input  wire [ADDR_BITS-1:0] waddr,
    input  wire [WIDTH-1:0]     wdata
);
    // verilator lint_off UNUSEDPARAM,WIDTHEXPAND
    localparam KIND = (STYLE == "distributed") ? `HWGEN_DISTRIBUTED : STYLE;
    // verilator lint_on UNUSEDPARAM,WIDTHEXPAND
    (* ram_style = KIND, no_rw_check *)
    reg [WIDTH-1:0] mem [0:DEPTH-1];

`ifndef SYNTHESIS
    integer i;
    initial for (i = 0; i < DEPTH; i = i + 1) mem[i] = {WIDTH{1'b0}};
`endif

    always @(posedge clk) begin
        if (wen) mem[waddr] <= wdata;
        if (ren) rdata <= mem[raddr];
    end
endmodule

// LANES signed products, latency 2: operands, product.
module hwgen_mul_lanes #(
    parameter LANES = 1,
    parameter A_BITS = 8,
    parameter B_BITS = 8
) (
    input  wire                             clk,
    input  wire [LANES*A_BITS-1:0]          a,
    input  wire [LANES*B_BITS-1:0]          b,
    output wire [LANES*(A_BITS+B_BITS)-1:0] p
);
    genvar l;
    generate
        for (l = 0; l < LANES; l = l + 1) begin : lane
            reg signed [A_BITS-1:0] a_r;
            reg signed [B_BITS-1:0] b_r;
            reg signed [A_BITS+B_BITS-1:0] p_r;
            always @(posedge clk) begin
                a_r <= a[l*A_BITS +: A_BITS];
                b_r <= b[l*B_BITS +: B_BITS];
                p_r <= a_r * b_r;
            end
            assign p[l*(A_BITS+B_BITS) +: A_BITS+B_BITS] = p_r;
        end
    endgenerate
endmodule

// LANES sums (first ? 0 : a) + b, signed, no longer than a, latency 0.
module hwgen_sum_lanes #(
    parameter LANES = 1,
    parameter A_BITS = 24,
    parameter B_BITS = 16
) (
    input  wire                    first,
    input  wire [LANES*A_BITS-1:0] a,
    input  wire [LANES*B_BITS-1:0] b,
    output wire [LANES*A_BITS-1:0] s
);
    genvar l, i;
    generate
        for (l = 0; l < LANES; l = l + 1) begin : lane
            wire [A_BITS-1:0] added;
            for (i = 0; i < A_BITS; i = i + 1) begin : extend
                assign added[i] = b[l*B_BITS + ((i < B_BITS) ? i : B_BITS - 1)];
            end
            assign s[l*A_BITS +: A_BITS] = (first ? {A_BITS{1'b0}} : a[l*A_BITS +: A_BITS]) + added;
        end
    endgenerate
endmodule

// LANES sums or differences a + (subtract ? -b' : b') with b' = take ? b : 0, modulo 2^BITS, latency 0.
module hwgen_addsub_lanes #(
    parameter LANES = 1,
    parameter BITS = 10
) (
    input  wire                  subtract,
    input  wire                  take,
    input  wire [LANES*BITS-1:0] a,
    input  wire [LANES*BITS-1:0] b,
    output wire [LANES*BITS-1:0] s
);
    genvar l;
    generate
        for (l = 0; l < LANES; l = l + 1) begin : lane
            wire [BITS-1:0] added = b[l*BITS +: BITS] & {BITS{take}};
            // Two's complement: the inverted addend, and a carry from a bit below.
            // verilator lint_off UNUSEDSIGNAL
            wire [BITS:0] sum;
            // verilator lint_on UNUSEDSIGNAL
            assign sum = {a[l*BITS +: BITS], 1'b1} + {added ^ {BITS{subtract}}, subtract};
            assign s[l*BITS +: BITS] = sum[BITS:1];
        end
    endgenerate
endmodule

// LANES sums a + (second ? c : b) + carry modulo 2^BITS, with INVERTED ~a instead of a; latency 0.
module hwgen_sum_either_lanes #(
    parameter LANES = 1,
    parameter BITS = 10,
    parameter INVERTED = 0
) (
    input  wire                  second,
    input  wire                  carry,
    input  wire [LANES*BITS-1:0] a,
    input  wire [LANES*BITS-1:0] b,
    input  wire [LANES*BITS-1:0] c,
    output wire [LANES*BITS-1:0] s
);
    genvar l;
    generate
        for (l = 0; l < LANES; l = l + 1) begin : lane
            wire [BITS-1:0] added = second ? c[l*BITS +: BITS] : b[l*BITS +: BITS];
            // verilator lint_off UNUSEDSIGNAL
            wire [BITS:0] sum;
            // verilator lint_on UNUSEDSIGNAL
            assign sum = {a[l*BITS +: BITS] ^ {BITS{INVERTED != 0}}, 1'b1} + {added, carry};
            assign s[l*BITS +: BITS] = sum[BITS:1];
        end
    endgenerate
endmodule

// One signed product as two addends, a*b = p + q, b signed or not, the second addend zero here; latency 3: operands,
// pipeline, product.
module hwgen_mul #(
    parameter A_BITS = 16,
    parameter B_BITS = 16,
    parameter B_SIGNED = 1,
    // verilator lint_off UNUSEDPARAM
    parameter BLOCKS = 0        // synthesis decides itself here
    // verilator lint_on UNUSEDPARAM
) (
    input  wire                     clk,
    input  wire [A_BITS-1:0]        a,
    input  wire [B_BITS-1:0]        b,
    output reg  [A_BITS+B_BITS-1:0] p,
    output wire [A_BITS+B_BITS-1:0] q
);
    assign q = {A_BITS+B_BITS{1'b0}};
    reg signed [A_BITS-1:0] a_r;
    reg signed [B_BITS:0] b_r;
    reg [A_BITS+B_BITS-1:0] p_r;
    wire b_sign = (B_SIGNED != 0) & b[B_BITS-1];
    always @(posedge clk) begin
        a_r <= a;
        b_r <= {b_sign, b};
        p_r <= a_r * b_r;
        p   <= p_r;
    end
endmodule

// A register that synthesis does not merge with others of the same value, latency 1.
module hwgen_copy #(
    parameter WIDTH = 1
) (
    input  wire             clk,
    input  wire [WIDTH-1:0] d,
    output reg  [WIDTH-1:0] q
);
    // On the process, not on q: Yosys asks the flip-flop, not its wire.
    (* keep *)
    always @(posedge clk) q <= d;
endmodule
