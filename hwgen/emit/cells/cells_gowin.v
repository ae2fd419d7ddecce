// Gowin (GW1N, GW2A): multipliers are MULT9X9 and MULT18X18 with their own registers.
// verilator lint_off DECLFILENAME
`define HWGEN_DSP_BITS 18
`define HWGEN_CHUNK_BITS 17
`define HWGEN_LUT_ROWS 8

// One product in one block; latency 2 (operands, product) or 3 (operands, pipeline, product).
module hwgen_dsp #(
    parameter A_BITS = 18,
    parameter B_BITS = 18,
    parameter A_SIGNED = 1,
    parameter B_SIGNED = 1,
    parameter LATENCY = 2
) (
    input  wire                     clk,
    input  wire [A_BITS-1:0]        a,
    input  wire [B_BITS-1:0]        b,
    output wire [A_BITS+B_BITS-1:0] p
);
    // An unsigned operand gets a zero as its sign: both of the block's operands are always signed.
    localparam A_USED = (A_SIGNED != 0) ? A_BITS : A_BITS + 1;
    localparam B_USED = (B_SIGNED != 0) ? B_BITS : B_BITS + 1;
    localparam WIDTH = (A_USED <= 9 && B_USED <= 9) ? 9 : 18;
    localparam PIPELINE = (LATENCY == 3) ? 1'b1 : 1'b0;
    wire [WIDTH-1:0] x, y;
    // verilator lint_off UNUSEDSIGNAL
    wire [2*WIDTH-1:0] q;  // sign bits above the product
    // verilator lint_on UNUSEDSIGNAL
    genvar i;
    generate
        for (i = 0; i < WIDTH; i = i + 1) begin : place
            if (i < A_BITS) begin : a_bit
                assign x[i] = a[i];
            end else begin : a_fill
                assign x[i] = (A_SIGNED != 0) ? a[A_BITS-1] : 1'b0;
            end
            if (i < B_BITS) begin : b_bit
                assign y[i] = b[i];
            end else begin : b_fill
                assign y[i] = (B_SIGNED != 0) ? b[B_BITS-1] : 1'b0;
            end
        end
        // verilator lint_off PINCONNECTEMPTY
        if (WIDTH == 9) begin : narrow
            MULT9X9 #(.AREG(1'b1), .BREG(1'b1), .OUT_REG(1'b1), .PIPE_REG(PIPELINE)) mult (
                .CLK(clk), .CE(1'b1), .RESET(1'b0), .A(x), .B(y), .DOUT(q), .ASIGN(1'b1), .BSIGN(1'b1),
                .ASEL(1'b0), .BSEL(1'b0), .SIA(9'b0), .SIB(9'b0), .SOA(), .SOB()
            );
        end else begin : wide
            MULT18X18 #(.AREG(1'b1), .BREG(1'b1), .OUT_REG(1'b1), .PIPE_REG(PIPELINE)) mult (
                .CLK(clk), .CE(1'b1), .RESET(1'b0), .A(x), .B(y), .DOUT(q), .ASIGN(1'b1), .BSIGN(1'b1),
                .ASEL(1'b0), .BSEL(1'b0), .SIA(18'b0), .SIB(18'b0), .SOA(), .SOB()
            );
        end
        // verilator lint_on PINCONNECTEMPTY
    endgenerate
    assign p = q[A_BITS+B_BITS-1:0];
endmodule
