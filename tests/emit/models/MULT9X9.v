// MULT9X9 as far as cells_gowin.v uses it: always enabled, never reset, operands from the ports.
// After Gowin UG287 (DSP user guide): AREG, BREG, PIPE_REG and OUT_REG are its registers.
module MULT9X9 #(
    parameter AREG = 1'b0, parameter BREG = 1'b0, parameter OUT_REG = 1'b0, parameter PIPE_REG = 1'b0
) (
    input CLK, CE, RESET, ASIGN, BSIGN, ASEL, BSEL,
    input [8:0] A, B, SIA, SIB,
    output [17:0] DOUT,
    output [8:0] SOA, SOB
);
    reg [8:0] a_r, b_r;
    reg [17:0] m_r, p_r;
    wire [8:0] a_i = AREG ? a_r : A;
    wire [8:0] b_i = BREG ? b_r : B;
    wire [17:0] a_x = {{9{ASIGN & a_i[8]}}, a_i};
    wire [17:0] b_x = {{9{BSIGN & b_i[8]}}, b_i};
    wire [17:0] m = a_x * b_x;
    wire [17:0] m_i = PIPE_REG ? m_r : m;
    assign DOUT = OUT_REG ? p_r : m_i;
    assign SOA = 9'b0;
    assign SOB = 9'b0;
    always @(posedge CLK) begin
        a_r <= A;
        b_r <= B;
        m_r <= m;
        p_r <= m_i;
    end
endmodule
